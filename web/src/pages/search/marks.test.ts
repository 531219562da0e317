import { expect, test } from 'vitest'
import { partsOf } from './marks'

const mark = (from: number, to: number) => ({ from, to, start_s: from })

test.each([
  ['我要投诉你', [mark(2, 4)], '我要[投诉]你'],
  ['我要投诉你', [], '我要投诉你'],
  ['😀投诉', [mark(1, 3)], '😀[投诉]'],
  ['abcdef', [mark(3, 5), mark(0, 1)], '[a]bc[de]f'],
  ['abcdef', [mark(0, 3), mark(2, 5)], '[abc][de]f'],
  ['abc', [mark(1, 9)], 'a[bc]'],
])('%s with its marks', (text, marks, shown) => {
  const parts = partsOf(text, marks)
  expect(parts.map(({ text, start }) => (start === undefined ? text : `[${text}]`)).join('')).toBe(shown)
})
