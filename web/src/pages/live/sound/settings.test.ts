import { beforeEach, expect, test } from 'vitest'
import { heardFirst, keepHeard } from './settings'

const LEGS = ['customer', 'agent', 'supervisor'].map((party, leg) => ({ leg, party }))
beforeEach(() => localStorage.clear())

test('an ear for each at first, and then as it was set', () => {
  expect(heardFirst(LEGS).map(({ pan }) => pan)).toEqual([-0.6, 0.6, 0])
  keepHeard(LEGS, [{ volume: 0.5, pan: 0 }])
  expect(heardFirst(LEGS.slice(0, 2))).toEqual([
    { volume: 0.5, pan: 0 },
    { volume: 1, pan: 0.6 },
  ])
})

test.each(['{', 'null', '{"agent":{"volume":9,"pan":0}}', '{"agent":null}'])('%s is not taken', (text) => {
  localStorage.setItem('lingting.heard', text)
  expect(heardFirst(LEGS)[1]).toEqual({ volume: 1, pan: 0.6 })
})
