import { expect, test } from 'vitest'
import { type Known, type Suggestion, suggestionsFor, wordAt } from './suggest'

const known: Known = {
  chinese: true,
  units: [
    { kind: 'vendor', id: '卓信客服', name: '卓信客服' },
    { kind: 'agent', id: '2208', name: '李敏' },
  ],
  kept: [{ id: 'k1', name: '退款投诉' }],
}
const told = (one: Suggestion) =>
  one.kind === 'insert' ? one.label.trim() : one.kind === 'unit' ? one.unit.name : one.kept.name
const at = (text: string, caret = text.length) => suggestionsFor(text, caret, known).map(told)

test.each([
  ['坐', ['坐席:']],
  ['agent', ['坐席:']],
  ['Cust', ['客户:']],
  ['卓信', ['卓信客服']],
  ['2208', ['李敏']],
  ['退款', ['退款投诉']],
  ['投诉 N', ['NOT', 'NEAR/5', 'NOT IN']],
  ['投诉 ', ['OR', 'NOT', 'NEAR/5', 'BEFORE', 'AFTER', 'NOT IN']],
  ['投诉 OR ', []],
  ['投诉', ['退款投诉']],
  ['"坐', []],
  ['"坐席" O', ['OR']],
])('for %s', (text, offered) => {
  expect(at(text)).toEqual(offered)
})

test('an empty box offers kept searches and every prefix', () => {
  expect(at('')).toEqual([
    '退款投诉',
    '坐席:',
    '客户:',
    '开头:30秒()',
    '结尾:1分钟()',
    '音近:',
    '词:',
    '原文:',
  ])
})

test('what is chosen takes the place of the word, and the caret stands where one goes on', () => {
  const [first] = suggestionsFor('投诉 开 退款', 4, known)
  expect(first).toMatchObject({ text: '投诉 开头:30秒() 退款', caret: 3 + '开头:30秒('.length })
  const [agent] = suggestionsFor('age', 3, { ...known, chinese: false })
  expect(agent).toMatchObject({ text: 'agent:', caret: 6 })
})

test('a unit leaves the text', () => {
  const [unit] = suggestionsFor('投诉 卓信 退款', 5, known)
  expect(unit).toMatchObject({ kind: 'unit', text: '投诉 退款' })
})

test('the word at the caret', () => {
  expect(wordAt('ab cd', 2)).toEqual({ from: 0, word: 'ab' })
  expect(wordAt('ab cd', 3)).toEqual({ from: 3, word: '' })
  expect(wordAt('agent:cd', 8)).toEqual({ from: 6, word: 'cd' })
  expect(wordAt('"ab', 3)).toBeUndefined()
})
