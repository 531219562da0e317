import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Held, HeldDecisions, HOLD_MS } from './held'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const ruling = (callId: string, criterion: string, decision = 'agree') => ({
  callId,
  rubric: 'courtesy',
  criterion,
  decision,
  comment: '',
})

function desk(send: (held: Held) => Promise<void> = async () => {}) {
  const sent: string[] = []
  const failed: string[] = []
  const held = new HeldDecisions(
    async (one) => {
      sent.push(`${one.callId}/${one.criterion}=${one.decision}`)
      await send(one)
    },
    (one) => failed.push(one.criterion),
  )
  return { held, sent, failed }
}

test('a decision is sent after its time, once', async () => {
  const { held, sent } = desk()
  held.hold(ruling('1', 'a'))
  await vi.advanceTimersByTimeAsync(HOLD_MS - 1)
  expect(sent).toEqual([])
  await vi.advanceTimersByTimeAsync(1)
  expect(sent).toEqual(['1/a=agree'])
  held.flush()
  await vi.runAllTimersAsync()
  expect(sent).toHaveLength(1)
  expect(held.list()).toEqual([])
})

test('what is undone is never sent, the newest first', async () => {
  const { held, sent } = desk()
  held.hold(ruling('1', 'a'))
  held.hold(ruling('1', 'b'))
  expect(held.undo()?.criterion).toBe('b')
  expect(held.undo()?.criterion).toBe('a')
  expect(held.undo()).toBeUndefined()
  await vi.runAllTimersAsync()
  expect(sent).toEqual([])
})

test('a second thought on the same finding takes the place of the first', async () => {
  const { held, sent } = desk()
  held.hold(ruling('1', 'a'))
  held.hold(ruling('1', 'a', 'overturn'))
  await vi.runAllTimersAsync()
  expect(sent).toEqual(['1/a=overturn'])
})

test('decisions on one call are sent one after another, on others at the same time', async () => {
  let free = () => {}
  const { held, sent } = desk((one) =>
    one.criterion === 'a' ? new Promise<void>((done) => (free = done)) : Promise.resolve(),
  )
  held.hold(ruling('1', 'a'))
  held.hold(ruling('1', 'b'))
  held.hold(ruling('2', 'c'))
  held.flush()
  await vi.advanceTimersByTimeAsync(0)
  expect(sent).toEqual(['1/a=agree', '2/c=agree'])
  expect(held.undo()).toBeUndefined()
  free()
  await vi.advanceTimersByTimeAsync(0)
  expect(sent.at(-1)).toBe('1/b=agree')
  expect(held.list()).toEqual([])
})

test('what fails is told and let go, and does not stop the next', async () => {
  const { held, sent, failed } = desk(async (one) => {
    if (one.criterion === 'a') throw new Error('no')
  })
  held.hold(ruling('1', 'a'))
  held.hold(ruling('1', 'b'))
  await vi.runAllTimersAsync()
  expect(failed).toEqual(['a'])
  expect(sent).toHaveLength(2)
  expect(held.list()).toEqual([])
})
