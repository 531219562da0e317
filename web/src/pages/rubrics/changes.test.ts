import { expect, test } from 'vitest'
import { sortedChanges } from './changes'

const share = (of: string) => ({ of, change: 'value', name: 'share', before: '5.0 %', after: '4.8 %' })

test('what belongs to one criterion stands together, shares that merely moved apart', () => {
  const { places, shares } = sortedChanges([
    { of: 'version', change: 'value', name: '', before: '1', after: '2' },
    { of: 'pass_mark', change: 'value', name: '', before: '60', after: '75' },
    share('hello'),
    { of: 'hello', change: 'value', name: 'weight', before: '10', after: '15' },
    share('bye'),
    { of: 'hello', change: 'phrases', added: ['您好'] },
    { of: 'gone', change: 'criterion_removed' },
  ])
  expect(places.map(({ of, changes }) => [of, changes.length])).toEqual([
    ['pass_mark', 1],
    ['hello', 3],
    ['gone', 1],
  ])
  expect(shares.map(({ of }) => of)).toEqual(['bye'])
})

test('a new number alone is no difference', () => {
  const version = { of: 'version', change: 'value', name: '', before: '1', after: '2' }
  expect(sortedChanges([version])).toEqual({ places: [], shares: [] })
})
