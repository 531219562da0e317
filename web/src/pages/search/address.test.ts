import { expect, test } from 'vitest'
import { dayAt, momentOf } from '@/components/days'
import { keptOf, paramsOf, reopened, type Search, searchOf, toggled } from './address'

const plain: Search = { q: '', sounds: false, facts: {}, from: undefined, to: undefined, order: 'risk' }

test.each<[Partial<Search>, Record<string, string>]>([
  [{}, {}],
  [{ q: '投诉 -退款' }, { q: '投诉 -退款' }],
  [{ facts: { team: ['组3', 'a,b', '5%2C'] } }, { team: '组3,a%2Cb,5%252C' }],
  [
    { sounds: true, order: 'newest', from: '2026-10-01', to: '2026-10-31' },
    { sounds: '1', sort: 'newest', from: '2026-10-01', to: '2026-10-31' },
  ],
])('%j stands in the address and comes back', (some, params) => {
  const search = { ...plain, ...some }
  expect(paramsOf(search)).toEqual(params)
  expect(searchOf(params)).toEqual(search)
})

test('nonsense in the address is left out', () => {
  expect(searchOf({ sort: 'best', from: 'yesterday', verdict: '', other: 'x', sounds: 'yes' })).toEqual(plain)
})

test('a day ends where the next begins', () => {
  const from = momentOf('2026-12-31')
  const to = momentOf('2026-12-31', 1)
  expect(Date.parse(to) - Date.parse(from)).toBe(86_400_000)
  expect(dayAt(from)).toBe('2026-12-31')
  expect(dayAt(to, 1)).toBe('2026-12-31')
})

test('a kept search comes back; sounds stand in its query', () => {
  const search: Search = {
    ...plain,
    q: ' 投诉 ',
    facts: { verdict: ['fail'] },
    to: '2026-10-31',
    sounds: true,
  }
  expect(reopened(keptOf(search))).toEqual({ ...search, q: '~投诉', sounds: false })
  expect(keptOf(plain).query).toBeNull()
})

test('values are put in and taken out', () => {
  const one = toggled(plain, 'team', 'a')
  expect(toggled(one, 'team', 'b').facts).toEqual({ team: ['a', 'b'] })
  expect(toggled(one, 'team', 'a').facts).toEqual({})
})
