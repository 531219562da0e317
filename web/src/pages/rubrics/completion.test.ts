import { expect, test } from 'vitest'
import { offer } from './completion'

const TEXT = `rubric: a
phrases:
  hello: [您好]
conditions:
  asked: {phrase: 稍等, by: agent}
criteria:
  - id: x
    severity: |
    met: {phrase: $h|, by: |}
    w|
    when: |
r|
`

/** Labels offered at the n-th mark. */
function at(n: number): string[] {
  const parts = TEXT.split('|')
  const clean = parts.join('')
  const position = parts.slice(0, n).join('').length
  return offer(clean, position)?.options.map(({ label }) => label) ?? []
}

test('a severity is one of its words', () => {
  expect(at(1)).toEqual(expect.arrayContaining(['minor', 'major', 'critical']))
})

test('a phrase list is one of the text', () => {
  expect(at(2)).toEqual(['$hello'])
})

test('who says it is a role', () => {
  expect(at(3)).toEqual(expect.arrayContaining(['agent', 'customer']))
})

test('a criterion has its own keys, and the top has others', () => {
  expect(at(4)).toEqual(expect.arrayContaining(['weight', 'when', 'met']))
  expect(at(4)).not.toContain('pass_mark')
  expect(at(6)).toEqual(expect.arrayContaining(['rubric', 'criteria', 'pass_mark']))
})

test('where a condition stands, the conditions of the text are named', () => {
  expect(at(5)).toContain('asked')
})

test('nothing in a remark', () => {
  expect(offer('# by: ', 6)).toBeNull()
})
