import { expect, test } from 'vitest'
import { type Bin, drawnOf, type Group, namesOf, opened, trimmed } from './shape'

const group = (key: string | undefined, share: number | null, more: Partial<Group> = {}): Group => ({
  key,
  calls: 1,
  met: 1,
  not_met: 0,
  undetermined: 0,
  not_applicable: 0,
  compliance: { of: 1, right: 1, share, low: 0, high: 1 },
  filter: {},
  ...more,
})

test('groups without a share are not drawn; of many the lowest, of weeks the last', () => {
  const many = Array.from({ length: 30 }, (_, n) => group(String(n), n / 30))
  expect(drawnOf([group('a', null), group('b', 0)], 'team').map(({ key }) => key)).toEqual(['b'])
  expect(drawnOf(many, 'agent').at(-1)?.key).toBe('19')
  expect(drawnOf(many, 'week').map(({ key }) => key)[0]).toBe('10')
})

test('groups of one name are told apart', () => {
  const groups = [
    group('greeting', 1, { name: '问候', rubric: 'inbound' }),
    group('greeting', 1, { name: '问候', rubric: 'outbound' }),
    group('x', 1),
    group(undefined, 1),
  ]
  expect(namesOf(groups, '未知')).toEqual(['问候 (inbound)', '问候 (outbound)', 'x', '未知'])
})

test.each<[number[], number[]]>([
  [
    [0, 0, 0, 2, 0, 1, 0, 0, 0],
    [0, 2, 0, 1, 0],
  ],
  [
    [3, 0, 0],
    [3, 0],
  ],
  [[0, 0], []],
])('%j is drawn as %j', (calls, drawn) => {
  const bins = calls.map((calls, n): Bin => ({ from: n, to: n + 1, calls, filter: {} }))
  expect(trimmed(bins).map(({ calls }) => calls)).toEqual(drawn)
})

test('all calls of a figure are opened, not only those that wait', () => {
  expect(opened({ team: 'a' })).toEqual({ team: 'a', show: 'all' })
})
