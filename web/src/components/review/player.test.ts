import { expect, test } from 'vitest'
import { clipOf, sameClip } from './player'

test.each<[number, number | null, number, number]>([
  [10, 12, 8.5, 12.6],
  [0.4, 2, 0, 2.6],
  [5, null, 3.5, 5.6],
  [5, 4, 3.5, 5.6],
])('evidence from %d to %s is played from %d to %d', (start, end, from, to) => {
  const clip = clipOf('1', start, end)
  expect(clip.from).toBeCloseTo(from)
  expect(clip.to).toBeCloseTo(to)
})

test('clips are the same in the same call at the same place', () => {
  expect(sameClip(clipOf('1', 3, 4), clipOf('1', 3, 4))).toBe(true)
  expect(sameClip(clipOf('1', 3, 4), clipOf('2', 3, 4))).toBe(false)
  expect(sameClip(null, null)).toBe(false)
})
