import { describe, expect, test } from 'vitest'
import type { LiveCall } from '@/api/live'
import { filterOf, kept, lateness, ranked, recognitionOf, shares, shown } from './ranking'

const call = (call_id: string, some: Partial<LiveCall> = {}) =>
  ({ call_id, harm: 0, alerts_open: 0, started_at: '2026-01-01T00:00:00Z', ...some }) as LiveCall
const ids = (calls: LiveCall[]) => calls.map(({ call_id }) => call_id).join(' ')

describe('the order', () => {
  const calls = [
    call('d', { started_at: '2026-01-01T00:05:00Z' }),
    call('c'),
    call('b', { alerts_open: 1 }),
    call('a', { harm: 500 }),
  ]
  test('harm, then open alerts, then who waits longest', () => {
    expect(ids(ranked(calls))).toBe('a b c d')
  })
  test.each([
    ['as it was', ['d', 'c', 'b', 'a'], 'd c b a'],
    ['new ones last, by rank', ['c', 'd'], 'c d a b'],
    ['gone ones go', ['x', 'b', 'y', 'a', 'c', 'd'], 'b a c d'],
    ['nothing known', [], 'a b c d'],
  ])('%s', (_, order, expected) => {
    expect(ids(kept(order, calls))).toBe(expected)
  })
})

test.each([
  [{}, 'a b c'],
  [{ team: 't1' }, 'a b'],
  [{ team: 't1', vendor: 'v2' }, 'b'],
  [{ alerts: 'yes' }, 'c'],
  [{ alerts: 'no' }, 'a b c'],
])('%j shows %s', (params, expected) => {
  const calls = [
    call('a', { team: 't1', vendor: 'v1' }),
    call('b', { team: 't1', vendor: 'v2' }),
    call('c', { team: 't2', vendor: 'v2', alerts_open: 2 }),
  ]
  expect(ids(shown(calls, filterOf(params)))).toBe(expected)
})

test.each([
  [60, 30, 100, [0.6, 0.3, 0.1]],
  [0, 0, 0, [0, 0, 1]],
  [80, 40, 100, [2 / 3, 1 / 3, 0]],
])('agent %d s and customer %d s of %d s', (agent, customer, heard_to_s, expected) => {
  const all = shares({ talk_s: { agent, customer }, heard_to_s })
  expect([all.agent, all.customer, all.silence].map((one) => +one.toFixed(3))).toEqual(
    expected.map((one) => +one.toFixed(3)),
  )
})

test.each([
  [800, 'fine'],
  [3000, 'late'],
  [10_000, 'bad'],
])('%d ms behind is %s', (ms, expected) => {
  expect(lateness(ms)).toBe(expected)
})

test.each([
  [true, false, 'fine'],
  [true, true, 'degraded'],
  [false, false, 'off'],
  [false, true, 'off'],
])('recognised %s, partials dropped %s: %s', (recognised, partials_dropped, expected) => {
  expect(recognitionOf({ recognised, partials_dropped })).toBe(expected)
})
