import { expect, test } from 'vitest'
import type { Schemas } from '@/api/client'
import type { Finding, Scorecard } from './report'
import { byGravity, itemsOf, nextUndecided, shown, step } from './walk'

const finding = (criterion: string, verdict: string) => ({ criterion, verdict }) as Finding
const card = (rubric: string, verdict: string, findings: Finding[]) =>
  ({ rubric, verdict, findings }) as Scorecard
const cards = [
  card('r', 'fail', [finding('a', 'not_met'), finding('b', 'met'), finding('c', 'undetermined')]),
  card('none', 'not_applicable', [finding('x', 'not_applicable')]),
  card('s', 'fail', [finding('a', 'not_met'), finding('d', 'not_applicable')]),
]
const decided = [{ rubric: 'r', criterion: 'c', replaced: false }] as Schemas['Decision'][]
const items = itemsOf(cards, decided)
const keys = (list: { key: string }[]) => list.map((item) => item.key)

test('rubrics that do not apply are left out', () => {
  expect(keys(items)).toEqual(['r/a', 'r/b', 'r/c', 's/a', 's/d'])
})

test.each([
  ['all', ['r/a', 'r/b', 'r/c', 's/a', 's/d']],
  ['problems', ['r/a', 'r/c', 's/a']],
  ['undecided', ['r/a', 's/a']],
] as const)('%s', (filter, list) => {
  expect(keys(shown(items, filter))).toEqual(list)
})

test.each([
  [undefined, 1, 'r/a'],
  [undefined, -1, 's/d'],
  ['r/a', -1, 'r/a'],
  ['r/a', 1, 'r/b'],
  ['s/d', 1, 's/d'],
  ['gone', 1, 'r/a'],
] as const)('from %s by %d to %s', (from, by, to) => {
  expect(step(items, from, by)?.key).toBe(to)
})

test('after a decision comes the next problem that nobody decided on, round once', () => {
  expect(nextUndecided(items, 'r/a')?.key).toBe('s/a')
  expect(nextUndecided(items, 's/a')?.key).toBe('r/a')
  const all = itemsOf(cards, [
    ...decided,
    ...(['r', 's'].map((rubric) => ({ rubric, criterion: 'a' })) as never),
  ])
  expect(nextUndecided(all, 'r/b')).toBeUndefined()
})

test('the gravest scorecard comes first, the others stay in order', () => {
  const verdicts = ['not_applicable', 'pass', 'fail', 'critical', 'fail']
  const sorted = byGravity(verdicts.map((verdict, ix) => card(`${ix}`, verdict, [])))
  expect(sorted.map((one) => one.rubric)).toEqual(['3', '2', '4', '1', '0'])
})
