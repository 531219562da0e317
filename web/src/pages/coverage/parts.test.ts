import { expect, test } from 'vitest'
import { type Coverage, callsOf, countOf, exampleOf, filesOf, lostOf } from './parts'

test.each([
  ['/data/uploads/0a/x.csv: line 1: no column', { file: 'x.csv', said: 'line 1: no column' }],
  ['C:\\calls\\x.wav: this is text', { file: 'x.wav', said: 'this is text' }],
  ['duplicate of call 12', { said: 'duplicate of call 12' }],
])('an example names its file, and not where that lies: %s', (example, told) => {
  expect(exampleOf(example)).toEqual(told)
})

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
