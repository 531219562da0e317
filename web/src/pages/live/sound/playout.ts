/**
 * Plays what comes in pieces, late, twice or not at all, as near to the present as it can. In: frames of the legs with
 * their media time; blocks to fill. Out: blocks. Both legs keep one clock, so that questions and answers stay in order.
 *
 * It begins when START_MS are there; where more than BEHIND_MS wait it drops to the present; a gap of a leg is concealed
 * for CONCEAL_MS and then silent; when nothing at all is left it waits until START_MS are there again.
 */

export const START_MS = 80
export const BEHIND_MS = 400
export const CONCEAL_MS = 40
/** A piece of this length is repeated, ever fainter, where sound is missing. */
const REPEAT_MS = 10
/** Earlier by more than this, it is another recording, not a late frame. */
const ANEW_MS = 5000

export interface Piece {
  leg: number
  mediaMs: number
  samples: Float32Array
}

interface Kept {
  start: number
  samples: Float32Array
}

interface Leg {
  /** By their start. */
  kept: Kept[]
  /** The last that was played, for concealing. */
  tail: Float32Array
  /** Samples that were missing, in a row. */
  missing: number
}

export interface Played {
  /** How far the present is ahead of what is heard, in ms. */
  behindMs: number
  concealed: number
  dropped: number
  waiting: boolean
}

export class Playout {
  readonly #perMs: number
  readonly #legs = new Map<number, Leg>()
  /** The next sample to play; undefined while it waits. */
  #at: number | undefined
  /** Where the newest ends, and where the oldest that waits begins. */
  #newest = Number.NEGATIVE_INFINITY
  #first: number | undefined
  #concealed = 0
  #dropped = 0

  constructor(rateHz: number) {
    this.#perMs = rateHz / 1000
  }

  push({ leg, mediaMs, samples }: Piece): void {
    const start = Math.round(mediaMs * this.#perMs)
    const end = start + samples.length
    if (end < this.#newest - ANEW_MS * this.#perMs) this.#forget()
    const state = this.#leg(leg)
    // Too late to be heard.
    if (this.#at !== undefined && end <= this.#at) return
    const { kept } = state
    let ix = kept.length
    while (ix > 0 && kept[ix - 1]!.start > start) ix -= 1
    if (kept[ix - 1]?.start === start) return
    kept.splice(ix, 0, { start, samples })
    this.#newest = Math.max(this.#newest, end)
    this.#first = Math.min(this.#first ?? start, start)
  }

  /** Fills a block for each leg that is asked for; all of the same length. */
  fill(blocks: ReadonlyMap<number, Float32Array>): Played {
    const length = blocks.values().next().value?.length ?? 0
    const start = this.#begin()
    for (const [leg, out] of blocks) {
      if (start === undefined) out.fill(0)
      else this.#read(this.#leg(leg), out, start)
    }
    if (start !== undefined) {
      this.#at = start + length
      // Nothing is left of any leg: the present is waited for.
      if (this.#at >= this.#newest + CONCEAL_MS * this.#perMs) {
        this.#prune(this.#at)
        this.#at = undefined
        this.#first = undefined
      }
    }
    return {
      behindMs: this.#at === undefined ? 0 : Math.max(0, (this.#newest - this.#at) / this.#perMs),
      concealed: this.#concealed,
      dropped: this.#dropped,
      waiting: this.#at === undefined,
    }
  }

  /** Where to play from, if at all. */
  #begin(): number | undefined {
    const lead = START_MS * this.#perMs
    if (this.#at === undefined) {
      if (this.#first === undefined || this.#newest - this.#first < lead) return undefined
      this.#at = Math.max(this.#first, this.#newest - lead)
      this.#prune(this.#at)
    } else if (this.#newest - this.#at > BEHIND_MS * this.#perMs) {
      const to = this.#newest - lead
      this.#dropped += (to - this.#at) / this.#perMs
      this.#at = to
      this.#prune(to)
    }
    return this.#at
  }

  #read(leg: Leg, out: Float32Array, start: number): void {
    let at = 0
    while (at < out.length) {
      const here = start + at
      const kept = leg.kept[0]
      if (kept && kept.start + kept.samples.length <= here) {
        leg.kept.shift()
        continue
      }
      const until = kept ? Math.min(out.length, Math.max(at, kept.start - start)) : out.length
      if (until > at) {
        this.#conceal(leg, out, at, until)
        at = until
        continue
      }
      const from = here - kept!.start
      const some = kept!.samples.subarray(from, from + out.length - at)
      out.set(some, at)
      at += some.length
      leg.missing = 0
      leg.tail = kept!.samples.subarray(
        Math.max(0, from + some.length - REPEAT_MS * this.#perMs),
        from + some.length,
      )
    }
    const next = leg.kept[0]
    if (next && next.start + next.samples.length <= start + out.length) leg.kept.shift()
    this.#first = undefined
    for (const { kept } of this.#legs.values()) {
      if (kept[0]) this.#first = Math.min(this.#first ?? kept[0].start, kept[0].start)
    }
  }

  /** What was last heard, once more and fainter; then silence. */
  #conceal(leg: Leg, out: Float32Array, from: number, to: number): void {
    const most = CONCEAL_MS * this.#perMs
    const { tail } = leg
    for (let ix = from; ix < to; ix += 1) {
      const faint = 1 - leg.missing / most
      if (faint > 0 && tail.length > 0) {
        out[ix] = tail[leg.missing % tail.length]! * faint
        this.#concealed += 1 / this.#perMs
      } else out[ix] = 0
      leg.missing += 1
    }
  }

  #prune(before: number): void {
    for (const leg of this.#legs.values()) {
      leg.kept = leg.kept.filter(({ start, samples }) => start + samples.length > before)
    }
  }

  #forget(): void {
    this.#legs.clear()
    this.#at = undefined
    this.#first = undefined
    this.#newest = Number.NEGATIVE_INFINITY
  }

  #leg(leg: number): Leg {
    let state = this.#legs.get(leg)
    if (!state) {
      state = { kept: [], tail: new Float32Array(0), missing: Number.MAX_SAFE_INTEGER }
      this.#legs.set(leg, state)
    }
    return state
  }
}
