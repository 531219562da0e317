import { expect, test } from 'vitest'
import { reportWith } from './fixture'
import { afterGap, during, gapsOf, lastBegun, timeIn, withLead } from './time'

const said = [
  { start_s: 1, end_s: 2 },
  { start_s: 2, end_s: 3 },
  { start_s: 5, end_s: 6 },
]

test.each([
  [0, -1, -1],
  [0.99, 0, 0],
  [1.5, 0, 0],
  [2, 1, 1],
  [4, 1, -1],
  [5.5, 2, 2],
  [99, 2, -1],
])('at %d s number %d has begun and %d is said', (at, begun, now) => {
  expect(lastBegun(said, at)).toBe(begun)
  expect(during(said, at)).toBe(now)
})

test('a gap is where nothing was heard, not even what was rejected', () => {
  expect(gapsOf(reportWith(), 2)).toEqual([
    { start_s: 6, end_s: 12 },
    { start_s: 13, end_s: 30 },
  ])
  const unheard = reportWith((report) => {
    report.transcript.unheard = [{ start_s: 8, end_s: 9 }]
  })
  expect(gapsOf(unheard, 2.5)[0]).toEqual({ start_s: 9, end_s: 12 })
})

test('long speech over short speech leaves no gap within it', () => {
  const report = reportWith((report) => {
    report.transcript.unheard = [{ start_s: 0, end_s: 20 }]
  })
  expect(gapsOf(report, 2)).toEqual([{ start_s: 20, end_s: 30 }])
})

test.each([
  [5, undefined],
  [6.1, undefined],
  [6.5, 11.65],
  [11.5, undefined],
  [14, undefined],
])('from %d s silence is left for %s', (at, to) => {
  expect(afterGap([{ start_s: 6, end_s: 12 }], at)).toBe(to)
})

test.each([
  ['62.3', 62.3],
  ['0', 0],
  ['101', undefined],
  ['-3', undefined],
  ['1e2', undefined],
  ['', undefined],
  [undefined, undefined],
])('?t=%s is %s', (text, at) => {
  expect(timeIn(text, 100)).toBe(at)
})

test('the lead stays within the call', () => {
  expect(withLead({ start_s: 0.2, end_s: 9.9 }, 10)).toEqual({ start_s: 0, end_s: 10 })
})
