import { expect, test } from 'vitest'
import { faultOf, faultyPart, mended, placeIn, soundsLike, tokensOf } from './query'

test.each([
  ['投诉 退款', ['word:投诉', 'word:退款']],
  ['坐席：投诉', ['prefix:坐席：', 'word:投诉']],
  ['10:30', ['word:10:30']],
  ['“我要 投诉”-退款', ['phrase:“我要 投诉”', 'minus:-', 'word:退款']],
  ['first:30s(您好)', ['prefix:first:', 'word:30s', 'open:(', 'word:您好', 'close:)']],
  ['"not closed', ['phrase:"not closed']],
  ['~😀a"b"', ['tilde:~', 'word:😀a', 'phrase:"b"']],
  ['"😀"x', ['phrase:"😀"', 'word:x']],
  ['', []],
])('%s is cut', (text, parts) => {
  expect(tokensOf(text).map(({ kind, text }) => `${kind}:${text}`)).toEqual(parts)
})

test.each([
  ['投诉 退款', '~投诉 ~退款'],
  ['投诉 OR "退 款"', '~投诉 OR ~"退 款"'],
  ['~投诉 sounds:退款 word:和服 原文:甲', '~投诉 sounds:退款 word:和服 原文:甲'],
  ['agent:(A NEAR/5 B) -C', 'agent:(~A NEAR/5 ~B) -~C'],
  ['A NEAR B within 10s', '~A NEAR ~B within 10s'],
  ['within', '~within'],
  ['开头:30秒(您好)', '开头:30秒(~您好)'],
])('%s by sound is %s', (text, query) => {
  expect(soundsLike(text).query).toBe(query)
})

test('places in a query by sound are places in the typed one', () => {
  const text = '投诉 OR agnet:退款'
  const { query, placeOf } = soundsLike(text)
  for (const word of ['投诉', 'OR', 'agnet', '退款']) {
    expect(placeOf(query.indexOf(word))).toBe(text.indexOf(word))
  }
  expect(placeOf(query.length)).toBe(text.length)
})

test.each([
  ['character 4: there is no prefix `agnet:`; was agent: meant?', 3, 'there is no prefix `agnet:`', 'agent:'],
  ['第 4 个字：没有“agnet:”这个前缀；是否想写 agent:？', 3, '没有“agnet:”这个前缀', 'agent:'],
  ['character 1: the bracket is not closed', 0, 'the bracket is not closed', undefined],
  ['第 1 个字：括号没有闭合', 0, '括号没有闭合', undefined],
])('%s is read', (detail, at, what, instead) => {
  expect(faultOf(detail)).toEqual({ at, what, instead })
})

test('other refusals are no fault of the query', () => {
  expect(faultOf('`order` is none')).toBeUndefined()
  expect(faultOf(undefined)).toBeUndefined()
})

test('places count characters, not halves of them', () => {
  expect(placeIn('😀😀a', 2)).toBe(4)
})

test.each([
  ['甲 agnet:投诉', 2, { from: 2, to: 8 }],
  ['甲 OR', 4, { from: 4, to: 4 }],
  ['(甲', 0, { from: 0, to: 1 }],
])('the faulty part of %s', (text, at, part) => {
  expect(faultyPart(text, { at, what: '', instead: undefined })).toEqual(part)
})

test.each([
  ['甲 agnet:投诉', 2, 'agent:', '甲 agent:投诉'],
  ['http:x 甲', 0, '"…"', '"http:x" 甲'],
  ['甲 OR OR 乙', 5, '"OR"', '甲 OR "OR" 乙'],
  ['甲 NEAR/999 乙', 2, 'NEAR/5', '甲 NEAR/5 乙'],
  ['first:(甲)', 6, 'first:30s(…)', undefined],
  ['甲 (', 2, undefined, undefined],
])('%s with what was meant', (text, at, instead, right) => {
  expect(mended(text, { at, what: '', instead })).toBe(right)
})
