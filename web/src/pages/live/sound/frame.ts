/**
 * What comes over a call's WebSocket. Binary frames: u8 leg | u8 flags (1 concealed, 2 muted) | u16 rate in kHz | u32
 * number | u64 media time in ms | PCM16, all little endian. Text frames: JSON. What is neither is `null`: a newer service may
 * tell more than this knows.
 */

import type { LiveState } from '@/api/live'

export interface Frame {
  leg: number
  concealed: boolean
  muted: boolean
  rateHz: number
  seq: number
  mediaMs: number
  samples: Float32Array<ArrayBuffer>
}

const HEAD_BYTES = 16
/** What an audio context can play. */
const RATE_MIN = 3000
const RATE_MAX = 96_000

export function frameOf(bytes: ArrayBuffer): Frame | null {
  const length = bytes.byteLength - HEAD_BYTES
  if (length <= 0 || length % 2 !== 0) return null
  const view = new DataView(bytes)
  const flags = view.getUint8(1)
  const rate = 1000 * view.getUint16(2, true)
  if (rate < RATE_MIN || rate > RATE_MAX) return null
  const samples = new Float32Array(length / 2)
  for (let ix = 0; ix < samples.length; ix += 1) {
    samples[ix] = view.getInt16(HEAD_BYTES + 2 * ix, true) / 32768
  }
  return {
    leg: view.getUint8(0),
    concealed: (flags & 1) !== 0,
    muted: (flags & 2) !== 0,
    rateHz: rate,
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
  | { type: 'format'; codec: string; frame_ms: number; legs: LegSaid[]; state?: LiveState }
  | { type: 'state'; state: LiveState; legs?: LegSaid[]; delay_ms?: number }
  | { type: 'end'; cause: string }

export function saidOf(text: string): Said | null {
  let said: Record<string, unknown> | null
  try {
    said = JSON.parse(text) as Record<string, unknown> | null
  } catch {
    return null
  }
  if (typeof said !== 'object' || said === null) return null
  switch (said.type) {
    case 'format':
      return said.codec === 'pcm_s16le' && Array.isArray(said.legs) ? (said as unknown as Said) : null
    case 'state':
      return typeof said.state === 'string' ? (said as unknown as Said) : null
    case 'end':
      return { type: 'end', cause: String(said.cause ?? '') }
    default:
      return null
  }
}

/** Of another rate, by straight lines between samples: legs of one call may differ. */
export function resampled(
  samples: Float32Array<ArrayBuffer>,
  from: number,
  to: number,
): Float32Array<ArrayBuffer> {
  if (from === to) return samples
  const out = new Float32Array(Math.round((samples.length * to) / from))
  for (let ix = 0; ix < out.length; ix += 1) {
    const at = Math.min((ix * from) / to, samples.length - 1)
    const [before, after] = [Math.floor(at), Math.min(Math.floor(at) + 1, samples.length - 1)]
    out[ix] = samples[before]! + (samples[after]! - samples[before]!) * (at - before)
  }
  return out
}
