import { expect, test } from 'vitest'
import type { Held } from '@/components/review/held'
import { entry, type Item, itemsOf, nextOpen, openCount, step } from './worklist'

const finding = (criterion: string, verdict = 'not_met') => ({
  rubric: 'r',
  criterion,
  title: criterion,
  verdict,
  severity: 'major',
  weight: 1,
  points: 0,
  confidence: 0.9,
})
const decision = (criterion: string, decision: string, replaced = false) => ({
  id: criterion + decision,
  rubric: 'r',
  criterion,
  machine_verdict: 'not_met',
  decision,
  verdict: 'met',
  comment: '',
  by: 'p',
  at: '',
  replaced,
})
const held = (criterion: string, callId = 'c'): Held => ({
  id: 1,
  state: 'held',
  callId,
  rubric: 'r',
  criterion,
  decision: 'overturn',
})

test('what was met, or does not apply, asks for nobody', () => {
  const items = itemsOf('c', [finding('a'), finding('b', 'met'), finding('d', 'undetermined')], [], [])
  expect(items.map((item) => item.key)).toEqual(['r/a', 'r/d'])
})

test('a held decision stands before one on record, and only on its own call', () => {
  const findings = [finding('a'), finding('b'), finding('c')]
  const decisions = [decision('a', 'agree', true), decision('b', 'agree')]
  const items = itemsOf('c', findings, decisions, [held('b'), held('c', 'other')])
  expect(items.map((item) => item.decided?.decision)).toEqual([undefined, 'overturn', undefined])
  expect(openCount(items)).toBe(2)
})

const items = (states: string): Item[] =>
  [...states].map((state, ix) => ({
    key: `${ix}`,
    finding: finding(`${ix}`),
    ...(state === 'x' ? { decided: { decision: 'agree', comment: '', held: false } } : {}),
  }))

test.each<[string, 'above' | 'below', string | undefined]>([
  ['oo', 'above', '0'],
  ['xo', 'above', '1'],
  ['xx', 'above', '0'],
  ['oo', 'below', '1'],
  ['', 'above', undefined],
])('a call of %s is entered from %s at %s', (states, from, at) => {
  expect(entry(items(states), from)).toBe(at)
})

test.each<[string, string | undefined, 1 | -1, string | undefined]>([
  ['ooo', '0', 1, '1'],
  ['oxo', '0', 1, '1'],
  ['ooo', '2', 1, undefined],
  ['ooo', '0', -1, undefined],
  ['ooo', '2', -1, '1'],
  ['ooo', undefined, 1, undefined],
])('in %s a step from %s by %d leads to %s', (states, at, by, to) => {
  expect(step(items(states), at, by)).toBe(to)
})

test.each<[string, string, string | undefined]>([
  ['xoo', '0', '1'],
  ['xxo', '0', '2'],
  ['oox', '2', '0'],
  ['xxx', '2', undefined],
])('in %s, after a decision on %s, %s is next', (states, at, to) => {
  expect(nextOpen(items(states), at)).toBe(to)
})
