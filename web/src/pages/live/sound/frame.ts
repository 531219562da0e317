/**
 * What comes over a call's WebSocket. Binary frames: u8 leg | u8 flags (1 concealed, 2 muted) | u16 reserved | u32 number
 * | u64 media time in ms | PCM16, all little endian. Text frames: JSON. What is neither is `null`: a newer service may
 * tell more than this knows.
 */

export interface Frame {
  leg: number
  concealed: boolean
  muted: boolean
  seq: number
  mediaMs: number
  samples: Float32Array<ArrayBuffer>
}

const HEAD_BYTES = 16

export function frameOf(bytes: ArrayBuffer): Frame | null {
  const length = bytes.byteLength - HEAD_BYTES
  if (length <= 0 || length % 2 !== 0) return null
  const view = new DataView(bytes)
  const flags = view.getUint8(1)
  const samples = new Float32Array(length / 2)
  for (let ix = 0; ix < samples.length; ix += 1) {
    samples[ix] = view.getInt16(HEAD_BYTES + 2 * ix, true) / 32768
  }
  return {
    leg: view.getUint8(0),
    concealed: (flags & 1) !== 0,
    muted: (flags & 2) !== 0,
    seq: view.getUint32(4, true),
    // Exact up to 2^53: a call of some hundred thousand years.
    mediaMs: Number(view.getBigUint64(8, true)),
    samples,
  }
}

export interface LegSaid {
  leg: number
  party: string
}

export type Said =
  | { type: 'format'; rate_hz: number; codec: string; frame_ms: number; legs: LegSaid[] }
  | { type: 'state'; state: 'live' | 'held' | 'paused'; delay_ms?: number }
  | { type: 'legs'; legs: LegSaid[] }
  | { type: 'end'; cause: string }

const RATE_MIN = 8000
const RATE_MAX = 48_000

export function saidOf(text: string): Said | null {
  let said: Record<string, unknown> | null
  try {
    said = JSON.parse(text) as Record<string, unknown> | null
  } catch {
    return null
  }
  if (typeof said !== 'object' || said === null) return null
  switch (said.type) {
    case 'format': {
      const rate = Number(said.rate_hz)
      const known = said.codec === 'pcm_s16le' && rate >= RATE_MIN && rate <= RATE_MAX
      return known && Array.isArray(said.legs) ? (said as unknown as Said) : null
    }
    case 'state':
      return typeof said.state === 'string' ? (said as unknown as Said) : null
    case 'legs':
      return Array.isArray(said.legs) ? (said as unknown as Said) : null
    case 'end':
      return { type: 'end', cause: String(said.cause ?? '') }
    default:
      return null
  }
}
