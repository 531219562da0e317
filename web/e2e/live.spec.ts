/** Calls that go on: seen on the wall, read along, heard, an alert taken on, handed on when they are over. */
import { type ChildProcess, spawn } from 'node:child_process'
import { accessible, expect, LANGUAGES, logIn, test } from './at'
import { binary, LIVE } from './service'

const root = new URL('../..', import.meta.url).pathname

/** Plays a sample call as one that goes on; tells when it is over. */
function play(service: string, recording: string): { played: ChildProcess; over: Promise<number | null> } {
  const to = `${service.replace('http', 'ws')}/live/media-stream/${LIVE.name}/${LIVE.token}`
  const played = spawn(binary(), ['simulate', `${root}tests/calls/${recording}`, '--to', to], {
    stdio: 'ignore',
  })
  return { played, over: new Promise((done) => played.once('exit', done)) }
}

test('a call is read and heard while it goes on, and handed on when it is over', async ({
  page,
  baseURL,
}) => {
  test.setTimeout(300_000)
  await logIn(page, 'supervisor', 'en-US')
  const { over } = play(baseURL!, 'en-XB2.wav')
  await page.goto('/live')
  const card = page.locator('[data-call]').first()
  await expect(card).toBeVisible({ timeout: 30_000 })
  await accessible(page)
  const id = await card.getAttribute('data-call')
  await page.goto(`/live/${id}`)
  await expect(page.locator('.live-line').first()).toBeVisible({ timeout: 60_000 })

  await page.locator('button[data-hearing]').click()
  await page.getByRole('dialog').getByRole('textbox').fill('a new agent')
  await page.getByRole('dialog').getByRole('textbox').press('Enter')
  await expect(page.locator('[data-hearing="on"]')).toBeVisible()
  const delay = page.locator('.live-delay')
  await expect(delay).toBeVisible()
  expect(Number(await delay.getAttribute('data-delay'))).toBeLessThan(1_000)
  await accessible(page)

  expect(await over).toBe(0)
  await expect(page.locator(`a[href="/calls/${id}"]`)).toBeVisible({ timeout: 120_000 })
  const timeline = await (await page.request.get(`/api/v1/calls/${id}/timeline`)).json()
  expect(timeline.map((one: { kind: string; reason: string }) => [one.kind, one.reason])).toContainEqual([
    'listen',
    'a new agent',
  ])
  const { items } = await (await page.request.get(`/api/v1/alerts?state=all&call_id=${id}`)).json()
  expect(items.map((alert: { criterion: string }) => alert.criterion)).toContain('greeting_hello')

  await page.setViewportSize({ width: 768, height: 1024 })
  await page.goto(`/alerts?state=all&call=${id}`)
  await expect(page.getByRole('row', { name: /Not met: Greets the customer/ })).toBeVisible()
  const boxes = page.locator('html, .ant-table-container, .ant-table-content')
  const hidden = await boxes.evaluateAll((all) => all.map((box) => box.scrollWidth - box.clientWidth))
  expect(hidden.filter((px) => px > 0)).toEqual([])
})

const FAULT = { zh: '十秒内没有问候', en: 'No greeting within ten seconds' }

test('an alert of an English rubric is read in Chinese wherever it stands', async ({ page, baseURL }) => {
  test.setTimeout(240_000)
  await logIn(page, 'supervisor', 'zh-CN')
  await page.goto('/live')
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  const { played, over } = play(baseURL!, 'en-XB2.wav')
  try {
    await expect(page.locator('.alert-toast', { hasText: FAULT.zh }).first()).toBeVisible({ timeout: 60_000 })
    const card = page.locator('[data-call]', { has: page.locator('.wall-worst') }).first()
    await expect(card.locator('.wall-worst')).toHaveText(/\p{Script=Han}/u)
    await page.goto(`/live/${await card.getAttribute('data-call')}`)
    await expect(page.locator('.alert-card').getByText(FAULT.zh)).toBeVisible()
    await page.locator('.alert-bell button').click()
    await expect(page.locator('.alert-list').getByText(FAULT.zh).first()).toBeVisible()
    await page.goto('/alerts?state=all')
    await expect(page.getByRole('cell', { name: FAULT.zh }).first()).toBeVisible()
    // Of a rubric that judges calls, what should be is named: that it is not is said.
    await expect(page.getByRole('cell', { name: '不符合：问候客户' }).first()).toBeVisible()
    await expect(page.getByText(FAULT.en)).toHaveCount(0)
  } finally {
    played.kill('SIGTERM')
    await over
  }
})

for (const language of LANGUAGES) {
  test(`the wall and the alerts keep nobody out, ${language}`, async ({ page }) => {
    await logIn(page, 'supervisor', language)
    for (const address of ['/live', '/alerts']) {
      await page.goto(address)
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
      await accessible(page)
    }
  })
}

test('who may not listen in sees neither the wall nor a call', async ({ page }) => {
  await logIn(page, 'reviewer', 'en-US')
  await page.goto('/')
  await expect(page.getByRole('navigation').first()).toBeVisible()
  await expect(page.locator('a[href="/live"]')).toHaveCount(0)
  expect((await page.request.get('/api/v1/live/calls')).status()).toBe(403)
})
