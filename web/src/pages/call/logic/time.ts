/** Places in time. In: things ordered by their start, and a second. Out: which of them it is. */
import type { Report, Stretch } from './report'

/** A hair's breadth: players stop a little before where they were sent. */
const EPSILON = 0.02

/** The last of them that has begun; -1 before the first. They are ordered by start. */
export function lastBegun(items: readonly Stretch[], at: number): number {
  let [low, high] = [0, items.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (items[middle]!.start_s <= at + EPSILON) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** The one that is being said; -1 between them. */
export function during(items: readonly Stretch[], at: number): number {
  const ix = lastBegun(items, at)
  return ix >= 0 && at < items[ix]!.end_s ? ix : -1
}

/** Nobody is skipped who may have spoken: gaps of at least `least` seconds in which nothing at all was heard. */
export function gapsOf(report: Report, least: number): Stretch[] {
  const { utterances, rejected, unheard = [] } = report.transcript
  const heard = [...utterances, ...rejected, ...unheard].sort((a, b) => a.start_s - b.start_s)
  const gaps: Stretch[] = []
  let from = 0
  for (const { start_s, end_s } of [...heard, { start_s: report.media.duration_s, end_s: 0 }]) {
    if (start_s - from >= least) gaps.push({ start_s: from, end_s: start_s })
    from = Math.max(from, end_s)
  }
  return gaps
}

/** How much of a gap is still heard, so that a listener notices it, in seconds. */
const HEARD_OF_GAP = 0.35

/** Where to go on from within a gap; undefined when there is nothing to skip here. */
export function afterGap(gaps: readonly Stretch[], at: number): number | undefined {
  const ix = lastBegun(gaps, at)
  const gap = gaps[ix]
  if (!gap) return undefined
  const to = gap.end_s - HEARD_OF_GAP
  return at > gap.start_s + HEARD_OF_GAP && at < to - HEARD_OF_GAP ? to : undefined
}

/** Seconds of lead and tail around a piece of evidence, as far as the recording goes. */
export function withLead(stretch: Stretch, duration: number): Stretch {
  return { start_s: Math.max(0, stretch.start_s - 0.6), end_s: Math.min(duration, stretch.end_s + 0.4) }
}

/** `?t=62.3` in the address; undefined when it is no time of this call. */
export function timeIn(text: string | undefined, duration: number): number | undefined {
  if (text === undefined || !/^\d+(\.\d+)?$/.test(text)) return undefined
  const at = Number(text)
  return at <= duration ? at : undefined
}
