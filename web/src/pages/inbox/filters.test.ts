import { expect, test } from 'vitest'
import { belongs, chipsOf, cleared, queryOf, showsOpen } from './filters'

const now = new Date(2026, 2, 1, 15, 30)
const iso = (year: number, month: number, day: number) => new Date(year, month - 1, day).toISOString()

test('presets begin at midnight where the reader is, over the end of a month', () => {
  expect(queryOf({ when: 'today' }, now).from).toBe(iso(2026, 3, 1))
  expect(queryOf({ when: '7d' }, now).from).toBe(iso(2026, 2, 23))
  expect(queryOf({ when: '30d' }, now).from).toBe(iso(2026, 1, 31))
})

test('a preset goes before bounds; what is no preset is passed over', () => {
  const query = queryOf({ when: '7d', from: '2020-01-01', to: '2020-01-02' }, now)
  expect(query).toEqual({ from: iso(2026, 2, 23), undecided: true })
  expect(queryOf({ when: 'ever' }, now)).toEqual({ undecided: true })
})

test('days are whole, moments are passed on as they are', () => {
  const query = queryOf({ from: '2026-02-27', to: '2026-02-28' }, now)
  expect([query.from, query.to]).toEqual([iso(2026, 2, 27), iso(2026, 3, 1)])
  expect(queryOf({ from: '2026-02-27T08:00:00Z' }, now).from).toBe('2026-02-27T08:00:00Z')
})

test.each([
  [{}, true],
  [{ show: 'all' }, false],
  [{ show: 'open', vendor: 'v' }, true],
  [{ show: 'all', undecided: 'true' }, true],
])('%j shows only what is open: %s', (search, open) => {
  expect(showsOpen(search)).toBe(open)
})

test('each filter has a chip, in order; the order of the list and the call have none', () => {
  const search = { call: '1', sort: 'time', vendor: 'v', verdict: 'fail', when: '7d', from: '2026-01-01' }
  expect(chipsOf(search).map((chip) => chip.name)).toEqual(['verdict', 'vendor', 'when'])
  expect(cleared(search)).toEqual({ call: '1', sort: 'time' })
})

const call = { vendor: 'v', verdict: 'fail', started: '2026-03-01T10:00:00Z', assigned_to: 'p' }
test.each<[Record<string, string | boolean>, boolean]>([
  [{}, true],
  [{ vendor: 'v', undecided: true }, true],
  [{ vendor: 'w' }, false],
  [{ team: 't' }, false],
  [{ assigned_to: 'me' }, true],
  [{ assigned_to: 'none' }, false],
  [{ assigned_to: 'q' }, false],
  [{ from: '2026-03-01T10:00:00Z' }, true],
  [{ to: '2026-03-01T10:00:00Z' }, false],
])('a call that comes belongs to %j: %s', (query, is) => {
  expect(belongs(call, query, 'p')).toBe(is)
})
