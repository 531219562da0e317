import { describe, expect, test } from 'vitest'
import type { LiveCall, LiveUtterance } from '@/api/live'
import { EMPTY, elapsed, type Feed, type Told, told, withPartial, withUtterance } from './feed'

const call = (call_id: string, elapsed_s = 0) => ({ call_id, elapsed_s }) as LiveCall
const said = (leg: number, start_s: number, text: string, revoked?: boolean): LiveUtterance => ({
  leg,
  party: 'agent',
  start_s,
  end_s: start_s + 2,
  text,
  confidence: 1,
  ...(revoked && { revoked }),
})
const fed = (...events: Told[]) => events.reduce<Feed>(told, EMPTY)
const comes = (id: string): Told => ({ kind: 'call', call: call(id), at: 0 })

describe('calls', () => {
  test('come and go', () => {
    const feed = fed({ kind: 'open' }, comes('a'), comes('b'), { kind: 'gone', call_id: 'a' })
    expect([...feed.calls.keys()]).toEqual(['b'])
    expect([...feed.gone]).toEqual(['a'])
    expect([...told(feed, comes('a')).gone]).toEqual([])
  })

  test('a stream that begins anew drops what it does not tell again, once it has told all', () => {
    const again = fed(
      { kind: 'open' },
      comes('a'),
      comes('b'),
      { kind: 'lost' },
      { kind: 'open' },
      comes('b'),
    )
    expect([...again.calls.keys()]).toEqual(['a', 'b'])
    const settled = told(again, { kind: 'settled' })
    expect([...settled.calls.keys()]).toEqual(['b'])
    expect(settled.gone.has('a')).toBe(true)
  })

  test.each([
    [1000, 1000, 61],
    [1000, 3500, 63.5],
    [1000, 500, 61],
  ])('told at %d, asked at %d', (at, now, expected) => {
    expect(elapsed({ call: call('a', 61), at }, now)).toBe(expected)
  })
})

test.each<[string, LiveUtterance, string]>([
  ['comes last', said(0, 9, 'c'), 'a b c'],
  ['comes late, and stands where it was said', said(0, 3, 'c'), 'a c b'],
  ['is mended', said(1, 5, 'B'), 'a B'],
  ['of another leg at the same time', said(0, 5, 'c'), 'a b c'],
  ['is taken away', said(1, 5, '', true), 'a'],
  ['that was never told is taken away', said(1, 8, '', true), 'a b'],
])('an utterance %s', (_, one, expected) => {
  const all = withUtterance([said(0, 1, 'a'), said(1, 5, 'b')], one)
  const standing = all.filter(({ revoked }) => !revoked)
  expect(standing.map(({ text }) => text).join(' ')).toBe(expected)
})

test('what is being said: one a leg, none without text', () => {
  const one = withPartial([], { leg: 0, start_s: 4, text: 'hel' })
  const two = withPartial(one, { leg: 1, start_s: 3, text: 'wha' })
  expect(two.map(({ text }) => text)).toEqual(['wha', 'hel'])
  const more = withPartial(two, { leg: 0, start_s: 4, text: 'hello' })
  expect(more.map(({ text }) => text)).toEqual(['wha', 'hello'])
  expect(withPartial(more, { leg: 1, start_s: 3, text: '' }).map(({ leg }) => leg)).toEqual([0])
})

test('what was said is no longer being said', () => {
  const feed = fed(
    { kind: 'partial', partial: { leg: 0, start_s: 4, text: 'hel' } },
    { kind: 'partial', partial: { leg: 1, start_s: 4, text: 'yes' } },
    { kind: 'utterance', utterance: said(0, 4, 'hello') },
  )
  expect(feed.partials.map(({ leg }) => leg)).toEqual([1])
  expect(feed.utterances).toHaveLength(1)
})
