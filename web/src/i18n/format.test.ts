import { expect, test } from 'vitest'
import { formatOf } from './format'

const zh = formatOf('zh-CN')
const en = formatOf('en-US')

test.each([
  [0, '0:00'],
  [59.9, '0:59'],
  [62, '1:02'],
  [3723, '1:02:03'],
  [-1, '0:00'],
])('%d s is %s', (seconds, text) => {
  expect(zh.clock(seconds)).toBe(text)
})

test('tenths carry into minutes', () => {
  expect(en.precise(59.97)).toBe('1:00.0')
  expect(en.precise(62.34)).toBe('1:02.3')
})

test('how long ago is said in both languages', () => {
  const now = Date.parse('2026-01-02T00:00:00Z')
  expect(en.ago('2026-01-01T23:57:00Z', now)).toBe('3 min. ago')
  expect(zh.ago('2026-01-01T23:57:00Z', now)).toBe('3 分钟前')
  expect(en.ago('2026-01-01T00:00:00Z', now)).toBe('yesterday')
})

test('a day is one day to every reader', () => {
  expect(zh.date('2026-10-11T12:00:00Z')).toBe('2026/10/11')
  expect(en.date('2026-10-11T12:00:00Z')).toBe('Oct 11, 2026')
})

test('sizes and shares', () => {
  expect(en.bytes(0)).toBe('0 B')
  expect(en.bytes(1_250_000)).toBe('1.3 MB')
  expect(en.percent(0.9312)).toBe('93.1%')
})
