import { expect, test } from 'vitest'
import { frameOf, resampled, saidOf } from './frame'

function bytes(
  leg: number,
  flags: number,
  seq: number,
  mediaMs: bigint,
  samples: number[],
  kHz = 8,
): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(16 + 2 * samples.length))
  view.setUint8(0, leg)
  view.setUint8(1, flags)
  view.setUint16(2, kHz, true)
  view.setUint32(4, seq, true)
  view.setBigUint64(8, mediaMs, true)
  samples.forEach((one, ix) => {
    view.setInt16(16 + 2 * ix, one, true)
  })
  return view.buffer
}

test('a frame', () => {
  const frame = frameOf(bytes(1, 2, 4_000_000_000, 86_400_123n, [0, 16_384, -32_768]))
  expect(frame).toEqual({
    leg: 1,
    concealed: false,
    muted: true,
    rateHz: 8000,
    seq: 4_000_000_000,
    mediaMs: 86_400_123,
    samples: new Float32Array([0, 0.5, -1]),
  })
  expect(frameOf(bytes(0, 1, 0, 0n, [1]))?.concealed).toBe(true)
})

test.each([
  ['nothing', new ArrayBuffer(0)],
  ['a head alone', new ArrayBuffer(16)],
  ['half a sample', new ArrayBuffer(19)],
  ['no rate', bytes(0, 0, 0, 0n, [1], 0)],
])('%s is no frame', (_, bytes) => {
  expect(frameOf(bytes)).toBeNull()
})

const FORMAT = { type: 'format', codec: 'pcm_s16le', frame_ms: 20, legs: [] }

test.each([
  [FORMAT, 'format'],
  [{ ...FORMAT, codec: 'opus' }, undefined],
  [{ ...FORMAT, legs: null }, undefined],
  [{ type: 'state', state: 'held', delay_ms: 2000 }, 'state'],
  [{ type: 'state' }, undefined],
  [{ type: 'end', cause: 'normal' }, 'end'],
  [{ type: 'weather' }, undefined],
  [null, undefined],
  [7, undefined],
])('%j is %s', (value, type) => {
  expect(saidOf(JSON.stringify(value))?.type).toBe(type)
})

test('what is no JSON is nothing', () => {
  expect(saidOf('{')).toBeNull()
})

test('another rate', () => {
  const samples = new Float32Array([0, 1, 0, -1])
  expect(resampled(samples, 8000, 8000)).toBe(samples)
  expect([...resampled(samples, 8000, 16_000)]).toEqual([0, 0.5, 1, 0.5, 0, -0.5, -1, -1])
  expect([...resampled(samples, 16_000, 8000)]).toEqual([0, 0])
})
