import { expect, test } from 'vitest'
import { type Coverage, callsOf, countOf, filesOf, lostOf } from './parts'

const coverage: Coverage = {
  files: 21,
  bytes: 1,
  by_state: { seen: 1, stable: 2, claimed: 1, done: 10, skipped: 4, failed: 2, quarantined: 1 },
  calls: {
    kept: 9,
    deleted: 1,
    transcribed: 8,
    chats: 1,
    hours: 1,
    scored: 5,
    not_applicable: 3,
    undetermined: 1,
  },
  reconciles: true,
  reasons: [],
  problems: [],
}

test('parts make up the whole', () => {
  expect(countOf(filesOf(coverage))).toBe(coverage.files)
  expect(countOf(callsOf(coverage))).toBe(coverage.by_state.done)
})

test('what is under way is opened by the state that most of it is in', () => {
  expect(filesOf(coverage)[1]).toMatchObject({ count: 4, search: { state: 'stable' } })
})

test('what is lost', () => {
  expect(lostOf(coverage)).toBe(7)
})

test('states that are not told are nothing', () => {
  expect(countOf(filesOf({ ...coverage, by_state: {} }))).toBe(0)
})
