import { expect, test } from 'vitest'
import { loudness, readPeaks } from './peaks'

const two = readPeaks(Uint8Array.of(2, 2, 0, 100, 50, 0, 10, 10, 200, 0))

test('legs follow one another', () => {
  expect(two.legs.map((levels) => [...levels[0]!])).toEqual([
    [0, 100, 50, 0],
    [10, 10, 200, 0],
  ])
  expect(two.loudest).toBe(200)
})

test.each([
  [0, 0, 0.5, 0],
  [0, 0.5, 1, 0.5],
  [0, 0, 2, 0.5],
  [1, 0, 2, 1],
  [1, 1.5, 9, 0],
  [2, 0, 1, 0],
])('leg %d from %d to %d s is %d', (leg, from, to, level) => {
  expect(loudness(two, leg, from, to)).toBe(level)
})

test('two hours keep their one loud moment at every width', () => {
  const bytes = new Uint8Array(2 + 7200 * 20)
  bytes.set([1, 20])
  bytes[2 + 3600 * 20] = 255
  const peaks = readPeaks(bytes)
  for (const span of [0.05, 1, 10, 600]) expect(loudness(peaks, 0, 3600, 3600 + span)).toBe(1)
  expect(loudness(peaks, 0, 0, 7200)).toBe(1)
  expect(loudness(peaks, 0, 0, 3500)).toBe(0)
})

test('nothing, and quiet, are drawn small', () => {
  expect(readPeaks(new Uint8Array()).legs).toEqual([])
  expect(loudness(readPeaks(Uint8Array.of(1, 1, 6)), 0, 0, 1)).toBe(0.25)
})
