import { expect, test } from 'vitest'
import { Delay, meterShare } from './delay'

test('what waits, what the card holds, what the service holds back', () => {
  const delay = new Delay()
  delay.came(0, 5000)
  expect(delay.of(80, 20)).toBe(100)
  expect(delay.of(80, 20, 2000)).toBe(2100)
})

test('pieces that come later than the best are told, calmly', () => {
  const delay = new Delay()
  delay.came(0, 5000)
  for (let ix = 1; ix < 200; ix += 1) delay.came(ix * 20, 5000 + ix * 20 + 100)
  expect(delay.of(80, 0)).toBeGreaterThan(170)
  expect(delay.of(80, 0)).toBeLessThanOrEqual(180)
  delay.forget()
  delay.came(0, 0)
  expect(delay.of(80, 0)).toBe(80)
})

test.each([
  [0, 0],
  [1, 1],
  [2, 1],
  [0.001, 0],
  [0.0562, 0.5],
])('level %d fills %d of the meter', (level, share) => {
  expect(meterShare(level)).toBeCloseTo(share, 2)
})
