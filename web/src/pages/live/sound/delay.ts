/**
 * How late one hears: what waits to be played, what the sound card holds, and how much later than at their best pieces
 * come. The one way that the best piece took is not known from here; in a house's network it is some milliseconds.
 */
export class Delay {
  #best = Number.POSITIVE_INFINITY
  #late = 0

  /** A piece of this media time came now; `now` in ms of any clock. */
  came(mediaMs: number, now: number): void {
    const took = now - mediaMs
    this.#best = Math.min(this.#best, took)
    // Calm enough to be read.
    this.#late += (took - this.#best - this.#late) * 0.05
  }

  /** In ms. `heldBackMs`: the service itself holds the sound back, to mute personal data in time. */
  of(behindMs: number, cardMs: number, heldBackMs = 0): number {
    return Math.round(behindMs + cardMs + this.#late + heldBackMs)
  }

  /** Another stretch of sound: what was best before says nothing. */
  forget(): void {
    this.#best = Number.POSITIVE_INFINITY
    this.#late = 0
  }
}

/** Loudness as a share of a meter: silence at −50 dB, full at 0 dB. */
export function meterShare(level: number): number {
  if (level <= 0) return 0
  return Math.min(1, Math.max(0, 1 + (20 * Math.log10(level)) / 50))
}
