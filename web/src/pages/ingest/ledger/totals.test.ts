import { expect, test } from 'vitest'
import { sumsOf } from './totals'

const source = (name: string, done: number, failed: number, all: number) => ({
  source: name,
  files: { done, failed },
  all,
  bytes: 10,
})

test.each([
  ['nothing', [], 0, true],
  ['they agree', [source('a', 2, 1, 3), source('b', 1, 0, 1)], 4, true],
  ['a source is off', [source('a', 2, 1, 4)], 3, false],
  ['all is off', [source('a', 2, 1, 3)], 4, false],
])('%s', (_, sources, all, agrees) => {
  expect(sumsOf({ sources, all }).agrees).toBe(agrees)
})

test('sums by state', () => {
  const { sum } = sumsOf({ sources: [source('a', 2, 1, 3), source('b', 1, 0, 1)], all: 4 })
  expect([sum.files.done, sum.files.failed, sum.files.seen, sum.bytes]).toEqual([3, 1, 0, 20])
})
