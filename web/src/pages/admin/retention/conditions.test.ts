import { expect, test } from 'vitest'
import { freeColumns, ofRows, rowsOf } from './conditions'

test('there and back', () => {
  const of = { client: '云帆商城', direction: 'inbound' }
  expect(ofRows(rowsOf(of))).toEqual(of)
  expect(rowsOf(undefined)).toEqual([])
  expect(rowsOf({ unheard: 'x' })).toEqual([])
})

test.each([
  ['blanks say nothing', [{ column: 'team', value: ' ' }], {}],
  ['blanks around go', [{ column: 'team', value: ' 3 ' }], { team: '3' }],
  [
    'the later counts',
    [
      { column: 'team', value: '3' },
      { column: 'team', value: '4' },
    ],
    { team: '4' },
  ],
] as const)('%s', (_, rows, of) => {
  expect(ofRows(rows)).toEqual(of)
})

test('a column is used once', () => {
  const free = freeColumns([{ column: 'client', value: '' }])
  expect(free).not.toContain('client')
  expect(free).toHaveLength(11)
})
