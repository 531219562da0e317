import { describe, expect, test } from 'vitest'
import { Playout } from './playout'

const RATE = 8000
const FRAME_MS = 20

/** A frame whose every sample is `value`. */
const frame = (leg: number, mediaMs: number, value: number) => ({
  leg,
  mediaMs,
  samples: new Float32Array((RATE / 1000) * FRAME_MS).fill(value),
})

function playing(legs = [0, 1]) {
  const playout = new Playout(RATE)
  const push = (fromMs: number, toMs: number, value = 0.5, of = legs) => {
    for (let at = fromMs; at < toMs; at += FRAME_MS) for (const leg of of) playout.push(frame(leg, at, value))
  }
  /** Plays so many ms; the first leg's samples, rounded, as runs: `0.5 x 20` is 20 ms of 0.5. */
  const play = (ms: number, leg = 0) => {
    const blocks = new Map(legs.map((leg) => [leg, new Float32Array((RATE / 1000) * ms)]))
    const told = playout.fill(blocks)
    return { ...told, out: blocks.get(leg)! }
  }
  return { playout, push, play }
}

const loud = (out: Float32Array) => out.filter((one) => Math.abs(one) > 0.001).length / (RATE / 1000)

describe('when it begins', () => {
  test.each([
    [60, true, 0],
    [80, false, 20],
    [200, false, 20],
  ])('%d ms are there: waiting %s', (ms, waiting, heard) => {
    const { push, play } = playing()
    push(0, ms)
    const { out, ...told } = play(20)
    expect(told.waiting).toBe(waiting)
    expect(loud(out)).toBe(heard)
  })

  test('it begins near the present, not with what is old', () => {
    const { push, play } = playing()
    push(0, 1000)
    expect(play(20).behindMs).toBe(60)
  })
})

describe('how far behind', () => {
  test('up to 400 ms it stays, more is dropped down to 80 ms', () => {
    const { push, play } = playing()
    push(0, 80)
    play(20)
    push(80, 420)
    expect(play(20)).toMatchObject({ behindMs: 380, dropped: 0 })
    push(420, 480)
    const { behindMs, dropped } = play(20)
    expect(behindMs).toBe(60)
    expect(dropped).toBeCloseTo(360)
  })
})

describe('what is missing', () => {
  test('a lost frame of one leg is concealed, and the other goes on', () => {
    const { push, play } = playing()
    push(0, 80)
    play(80)
    push(80, 100, 0.5, [1])
    push(100, 180)
    const { out, concealed } = play(20)
    expect(concealed).toBe(20)
    expect(out[0]).toBeCloseTo(0.5)
    expect(out.at(-1)!).toBeLessThan(0.3)
    expect(loud(play(20).out)).toBe(20)
  })

  test('after 40 ms there is silence, and it waits until 80 ms are there again', () => {
    const { push, play } = playing()
    push(0, 80)
    play(80)
    const gap = play(60)
    expect(loud(gap.out)).toBeGreaterThan(38)
    expect(loud(gap.out)).toBeLessThanOrEqual(40)
    expect(gap.waiting).toBe(true)
    push(200, 260)
    expect(play(20).waiting).toBe(true)
    push(260, 280)
    const again = play(20)
    expect(again.waiting).toBe(false)
    expect(loud(again.out)).toBe(20)
  })

  test('a leg that nobody heard yet is silent', () => {
    const { push, play } = playing()
    push(0, 100, 0.5, [0])
    expect(loud(play(20, 1).out)).toBe(0)
  })
})

describe('what comes wrongly', () => {
  test('out of order and twice', () => {
    const { playout, play } = playing([0])
    for (const [at, value] of [
      [20, 0.2],
      [0, 0.1],
      [20, 0.9],
      [60, 0.4],
      [40, 0.3],
    ] as const) {
      playout.push(frame(0, at, value))
    }
    const { out } = play(80)
    const heard = [0, 20, 40, 60].map((ms) => out[ms * 8 + 80]!.toFixed(1))
    expect(heard).toEqual(['0.1', '0.2', '0.3', '0.4'])
  })

  test('too late to be heard', () => {
    const { playout, push, play } = playing([0])
    push(0, 80)
    play(60)
    playout.push(frame(0, 0, 0.9))
    expect([...play(20).out].every((one) => Math.abs(one - 0.5) < 1e-6)).toBe(true)
  })

  test('times that begin anew', () => {
    const { push, play } = playing([0])
    push(60_000, 60_100)
    play(20)
    push(0, 100, 0.25)
    expect(play(20).out[0]).toBeCloseTo(0.25)
  })
})
