import { expect, test } from 'vitest'
import { gathered, ranges } from './mistakes'

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
