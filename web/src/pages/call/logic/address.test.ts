import { expect, test } from 'vitest'
import { filterOf, firstPlayable, linkTo, namedIn, tabOf } from './address'

test('a link leads to a second and to a finding', () => {
  expect(linkTo('https://x/calls/1', 62.34, undefined)).toBe('https://x/calls/1?t=62.3')
  const named = { rubric: 'r', criterion: 'a&b' }
  const link = linkTo('https://x/calls/1', 0, named)
  expect(link).toBe('https://x/calls/1?t=0&rubric=r&criterion=a%26b')
  expect(namedIn(Object.fromEntries(new URL(link).searchParams))).toEqual(named)
})

test('what is not known in an address is left aside', () => {
  expect(tabOf({ tab: 'nowhere' })).toBeUndefined()
  expect(filterOf({ show: 'all' })).toBe('all')
  expect(namedIn({ rubric: 'r' })).toBeUndefined()
})

test.each([
  [['absence', 'near_miss'], 'near_miss'],
  [['absence'], 'absence'],
  [['near_miss', 'silence'], 'silence'],
  [[], undefined],
])('of %j is played %s', (kinds, kind) => {
  const evidence = [{ kind: 'metadata' }, ...kinds.map((kind) => ({ kind, start_s: 1, end_s: 2 }))]
  expect(firstPlayable(evidence)?.kind).toBe(kind)
})
