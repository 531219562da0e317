import { expect, test } from 'vitest'
import { lookedFor } from './looked-for'

test.each([
  ['greeting', '主动问候'],
  ['greeting: 您好 / 你好', '主动问候：您好 / 你好'],
  ['greeting_late: 您好', 'greeting_late: 您好'],
  ['polite_words: 请', 'polite_words: 请'],
  ['12.3 s > 10 s', '12.3 s > 10 s'],
])('%s', (matched, shown) => {
  expect(lookedFor(matched, 'greeting', '主动问候', (what, which) => `${what}：${which}`)).toBe(shown)
})
