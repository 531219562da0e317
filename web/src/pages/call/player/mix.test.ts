import { expect, test } from 'vitest'
import { mixOf } from './mix'

test('both legs have an ear each; one alone has both', () => {
  expect(mixOf('both')).toEqual([
    [1, 0],
    [0, 1],
  ])
  for (const leg of [0, 1] as const) {
    expect(mixOf(leg)[leg]).toEqual([1, 1])
    expect(mixOf(leg)[1 - leg]).toEqual([0, 0])
  }
})
