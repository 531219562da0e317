import { expect, test } from 'vitest'
import { median } from './rows'

test.each([
  [[], undefined],
  [[3], 3],
  [[9, 1, 5], 5],
  [[1, 10, 2, 3], 2.5],
])('the median of %j is %s', (values, is) => {
  expect(median(values)).toBe(is)
})
