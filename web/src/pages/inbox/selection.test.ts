import { expect, test } from 'vitest'
import { stretched, toggled } from './selection'

const ids = ['a', 'b', 'c', 'd']
const sorted = (set: Set<string>) => [...set].sort().join('')

test('a row is ticked and unticked', () => {
  expect(sorted(toggled(new Set(['a']), 'b'))).toBe('ab')
  expect(sorted(toggled(new Set(['a', 'b']), 'b'))).toBe('a')
})

test.each<[string, string | undefined, string, string]>([
  ['', 'a', 'c', 'abc'],
  ['', 'd', 'b', 'bcd'],
  ['a', 'c', 'd', 'acd'],
  ['', undefined, 'b', 'b'],
  ['', 'gone', 'b', 'b'],
])('with %j ticked, from %s to %s: %s', (ticked, from, to, is) => {
  expect(sorted(stretched(new Set(ticked), ids, from, to))).toBe(is)
})
