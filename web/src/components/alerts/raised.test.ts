import { expect, test } from 'vitest'
import type { Happening } from '@/api/events'
import { asAlert, withToast } from './raised'

const event = (kind: string, body: unknown) => ({ kind, body, at: '', seq: 1 }) as Happening

test.each([
  [event('alert.raised', { alert_id: 'a' }), 'a'],
  [event('alert.acknowledged', { alert_id: 'a' }), 'a'],
  [event('alert.raised', null), undefined],
  [event('alert.raised', {}), undefined],
  [event('call.analysed', { alert_id: 'a' }), undefined],
])('%j tells of %s', (event, expected) => {
  expect(asAlert(event)?.alert_id).toBe(expected)
})

test.each([
  [[], 'a', ['a'], []],
  [['a', 'b'], 'c', ['a', 'b', 'c'], []],
  [['a', 'b', 'c'], 'd', ['b', 'c', 'd'], ['a']],
  [['a', 'b', 'c'], 'b', ['a', 'b', 'c'], []],
])('%j and %s', (shown, key, keep, close) => {
  expect(withToast(shown, key)).toEqual({ keep, close })
})
