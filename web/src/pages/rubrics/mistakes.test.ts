import { expect, test } from 'vitest'
import { gathered, mended, ranges } from './mistakes'

const mistake = (line: number, en: string, level = 'error') => ({
  level,
  line,
  column: 1,
  length: 1,
  message: { zh: en, en },
})

test('what is said of several lines is said once', () => {
  const all = gathered([
    mistake(9, 'no such'),
    mistake(3, 'no such'),
    mistake(3, 'no such'),
    mistake(4, 'other'),
  ])
  expect(all.map(({ message, lines }) => [message.en, lines])).toEqual([
    ['no such', [3, 9]],
    ['other', [4]],
  ])
})

test('a warning and an error in the same words are two', () => {
  expect(gathered([mistake(1, 'a'), mistake(2, 'a', 'warning')])).toHaveLength(2)
})

test.each([
  [[7], '7'],
  [[3, 4, 5, 9], '3–5, 9'],
  [[1, 3, 5], '1, 3, 5'],
  [[], ''],
])('%j is written %s', (lines, text) => {
  expect(ranges(lines)).toBe(text)
})

test('what was meant takes the place of what was written, behind characters of any plane', () => {
  const text = 'a: 1\n  𠮷: wieght # 三\nb: 2'
  const remark = { ...mistake(2, 'no such'), column: 6, length: 6, suggestion: 'weight' }
  expect(mended(text, remark)).toBe('a: 1\n  𠮷: weight # 三\nb: 2')
})
