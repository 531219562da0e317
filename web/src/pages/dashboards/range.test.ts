import { expect, test } from 'vitest'
import { spanOf, whenOf } from './range'

const now = new Date(2026, 2, 1, 15, 30)
const local = (...[y, m, d]: [number, number, number]) => new Date(y, m, d).toISOString()

test.each<[Record<string, string>, string | undefined]>([
  [{}, undefined],
  [{ when: '7d' }, '7d'],
  [{ when: 'ever' }, undefined],
  [{ when: '7d', from: '2026-01-01' }, 'days'],
  [{ from: 'x', when: 'all' }, 'all'],
])('%j means %s', (params, when) => {
  expect(whenOf(params)).toBe(when)
})

test('days begin at midnight where the reader is', () => {
  expect(spanOf('today', {}, now)).toEqual({ from: local(2026, 2, 1), to: local(2026, 2, 2) })
  expect(spanOf('7d', {}, now)).toEqual({ from: local(2026, 1, 23), to: local(2026, 2, 2) })
  expect(spanOf('all', {}, now)).toEqual({})
  expect(spanOf('days', { from: '2026-02-01', to: '2026-02-28' }, now)).toEqual({
    from: local(2026, 1, 1),
    to: local(2026, 2, 1),
  })
  expect(spanOf('days', { to: '2026-02-28' }, now)).toEqual({ to: local(2026, 2, 1) })
})
