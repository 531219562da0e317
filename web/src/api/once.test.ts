import { expect, test, vi } from 'vitest'
import { once } from './once'

const post = (body: object, type = 'application/json') =>
  new Request('http://x/api', {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'Content-Type': type },
  })

function serving() {
  const answers: (() => void)[] = []
  const fetch = vi.fn(
    () => new Promise<Response>((done) => answers.push(() => done(new Response('{"id":1}')))),
  )
  vi.stubGlobal('fetch', fetch)
  return { fetch, answer: () => answers.splice(0).forEach((one) => void one()) }
}

test('the same request under way is sent once, and each reads the answer', async () => {
  const { fetch, answer } = serving()
  const both = [once(post({ a: 1 })), once(post({ a: 1 }))]
  await vi.waitFor(() => expect(fetch).toHaveBeenCalled())
  answer()
  for (const one of await Promise.all(both)) expect(await one.json()).toEqual({ id: 1 })
  expect(fetch).toHaveBeenCalledTimes(1)
})

test('another, or one after it, is sent too', async () => {
  const { fetch, answer } = serving()
  const both = [once(post({ a: 1 })), once(post({ a: 2 }))]
  await vi.waitFor(() => expect(fetch).toHaveBeenCalledTimes(2))
  answer()
  await Promise.all(both)
  const later = once(post({ a: 1 }))
  await vi.waitFor(() => expect(fetch).toHaveBeenCalledTimes(3))
  answer()
  await later
})

test('pieces of files are never held back', async () => {
  const { fetch, answer } = serving()
  const both = [1, 1].map((a) => once(post({ a }, 'application/octet-stream')))
  await vi.waitFor(() => expect(fetch).toHaveBeenCalledTimes(2))
  answer()
  await Promise.all(both)
})

test('what is sent as the page is left waits for nothing', () => {
  const { fetch } = serving()
  void once(new Request('http://x/api', { method: 'POST', body: '{}', keepalive: true }))
  expect(fetch).toHaveBeenCalledTimes(1)
})
