import { expect, test } from 'vitest'
import type { Alert, LiveUtterance } from '@/api/live'
import { linesOf, merged } from './lines'

const said = (leg: number, start_s: number, text: string, revoked = false): LiveUtterance => ({
  leg,
  party: leg === 0 ? 'customer' : 'agent',
  start_s,
  end_s: start_s + 2,
  text,
  confidence: 0.9,
  revoked,
})
const alert = (alert_id: string, some: Partial<Alert>) =>
  ({ alert_id, leg: null, end_s: null, ...some }) as Alert

test.each<[string, LiveUtterance[], LiveUtterance[], string]>([
  ['both', [said(0, 1, 'a')], [said(1, 4, 'b')], 'a b'],
  ['in order', [said(0, 5, 'b')], [said(1, 1, 'a')], 'a b'],
  ['the stream mends', [said(0, 1, 'a')], [said(0, 1, 'A')], 'A'],
  ['the stream revokes', [said(0, 1, 'a'), said(1, 2, 'b')], [said(0, 1, '', true)], 'b'],
])('%s', (_, answered, streamed, expected) => {
  expect(
    merged(answered, streamed)
      .map(({ text }) => text)
      .join(' '),
  ).toBe(expected)
})

test('turns, what is being said, and what was raised', () => {
  const alerts = [
    alert('x', { leg: 1, start_s: 4.5, end_s: 5 }),
    alert('y', { leg: 0, start_s: 4.5, end_s: 5 }),
    alert('z', { start_s: null }),
    // Of a whole stretch: told at its end.
    alert('s', { leg: 0, start_s: 0, end_s: 4 }),
    alert('q', { leg: 0, start_s: 0, end_s: 4, quote: 'a' }),
  ]
  const lines = linesOf(
    [said(0, 1, 'a'), said(0, 3.5, 'b'), said(1, 4, 'c')],
    [{ leg: 1, start_s: 7, text: 'd' }],
    alerts,
    new Map([[1, 'agent']]),
  )
  expect(lines.map(({ text, turn, partial, party }) => [text, turn, partial, party])).toEqual([
    ['a', true, false, 'customer'],
    ['b', false, false, 'customer'],
    ['c', true, false, 'agent'],
    ['d', false, true, 'agent'],
  ])
  expect(lines.map(({ alerts }) => alerts.map(({ alert_id }) => alert_id).join())).toEqual([
    'q',
    'y,s',
    'x',
    '',
  ])
})
