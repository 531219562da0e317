import { expect, test } from 'vitest'
import type { Precision } from '@/api/live'
import { byDoubt, shareOf } from './share'

test.each([
  [0, 0, undefined],
  [3, 1, 0.75],
  [0, 2, 0],
])('%d right and %d wrong', (right, wrong, expected) => {
  expect(shareOf({ right, wrong })).toBe(expected)
})

test('what is doubted most comes first', () => {
  const row = (criterion: string, raised: number, right: number, wrong: number) =>
    ({ criterion, raised, right, wrong }) as Precision
  const rows = [row('quiet', 1, 0, 0), row('loud', 9, 0, 0), row('good', 9, 5, 1), row('bad', 9, 1, 5)]
  expect(byDoubt(rows).map(({ criterion }) => criterion)).toEqual(['bad', 'good', 'loud', 'quiet'])
})
