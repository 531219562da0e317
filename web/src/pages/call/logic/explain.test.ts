import { expect, test } from 'vitest'
import { asked } from './explain'

test.each([
  [{ phrase: ['您好', '你好'], by: 'agent' }, [], 'phrase: 您好 / 你好 · by: agent'],
  [{ any: [{ phrase: 'x' }], within: 'first 2 turns' }, ['any'], 'any · within: first 2 turns'],
  [{ attribute: { name: 'rings', at_most: 3 } }, [], 'attribute: name: rings · at_most: 3'],
  [[1, 2, 3, 4, 5, 6, 7], [], '1 / 2 / 3 / 4 / 5 / 6 / …'],
  ['word', [], 'word'],
])('%j', (asks, below, line) => {
  expect(asked(asks, below)).toBe(line)
})
