/**
 * What is known of calls that go on, as their stream tells it. In: its events. Out: snapshots that change only where
 * something did. A stream that begins anew tells every call again: what it does not tell any more is gone.
 */
import type { LiveCall, LivePartial, LiveUtterance } from '@/api/live'

export interface Feed {
  calls: ReadonlyMap<string, Known>
  utterances: readonly LiveUtterance[]
  partials: readonly LivePartial[]
  /** Calls that were here and ended. */
  gone: ReadonlySet<string>
  connected: boolean
  /** Which time the stream began; 0 before it did. */
  round: number
}

export interface Known {
  call: LiveCall
  /** When it was told, in ms of this machine's clock: timers tick on from it. */
  at: number
  round: number
}

export const EMPTY: Feed = {
  calls: new Map(),
  utterances: [],
  partials: [],
  gone: new Set(),
  connected: false,
  round: 0,
}

export type Told =
  | { kind: 'open' }
  | { kind: 'lost' }
  /** All calls have been told since it began. */
  | { kind: 'settled' }
  | { kind: 'call'; call: LiveCall; at: number }
  | { kind: 'gone'; call_id: string }
  | { kind: 'utterance'; utterance: LiveUtterance }
  | { kind: 'partial'; partial: LivePartial }

const sameUtterance = (a: LiveUtterance, b: LiveUtterance) => a.leg === b.leg && a.start_s === b.start_s

/** With an utterance: new, or in the place of what was told before. By time. What was revoked is known as such. */
export function withUtterance(all: readonly LiveUtterance[], one: LiveUtterance): LiveUtterance[] {
  const others = all.filter((other) => !sameUtterance(other, one))
  let ix = others.length
  while (ix > 0 && others[ix - 1]!.start_s > one.start_s) ix -= 1
  others.splice(ix, 0, one)
  return others
}

/** One a leg; without text there is none. */
export function withPartial(all: readonly LivePartial[], one: LivePartial): LivePartial[] {
  const others = all.filter(({ leg }) => leg !== one.leg)
  return one.text ? [...others, one].toSorted((a, b) => a.start_s - b.start_s) : others
}

export function told(feed: Feed, event: Told): Feed {
  switch (event.kind) {
    case 'open':
      // What was being said when the stream broke may have been said since.
      return { ...feed, connected: true, round: feed.round + 1, partials: [] }
    case 'lost':
      return feed.connected ? { ...feed, connected: false } : feed
    case 'settled': {
      const stale = [...feed.calls].filter(([, { round }]) => round < feed.round).map(([id]) => id)
      return stale.reduce((feed, call_id) => told(feed, { kind: 'gone', call_id }), feed)
    }
    case 'call': {
      const calls = new Map(feed.calls)
      calls.set(event.call.call_id, { call: event.call, at: event.at, round: feed.round })
      const gone = new Set(feed.gone)
      gone.delete(event.call.call_id)
      return { ...feed, calls, gone: gone.size === feed.gone.size ? feed.gone : gone }
    }
    case 'gone': {
      const calls = new Map(feed.calls)
      calls.delete(event.call_id)
      return { ...feed, calls, gone: new Set(feed.gone).add(event.call_id) }
    }
    case 'utterance': {
      const { utterance } = event
      const partials = feed.partials.filter(
        ({ leg, start_s }) => leg !== utterance.leg || start_s > utterance.end_s,
      )
      return { ...feed, utterances: withUtterance(feed.utterances, utterance), partials }
    }
    case 'partial':
      return { ...feed, partials: withPartial(feed.partials, event.partial) }
  }
}

/** How long a call goes on now, in seconds. */
export function elapsed({ call, at }: Pick<Known, 'call' | 'at'>, now: number): number {
  // Nobody talks any more; only what was said is still being worked out.
  if (call.state === 'ending') return call.elapsed_s
  return call.elapsed_s + Math.max(0, now - at) / 1000
}
