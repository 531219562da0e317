/** Calls that go on, in the order in which they ask for somebody, and what of them is shown. */
import type { Capacity, LiveCall } from '@/api/live'

export interface WallFilter {
  team?: string | undefined
  vendor?: string | undefined
  /** Only calls with open alerts. */
  alerts?: boolean
}

export function filterOf(params: Record<string, string | undefined>): WallFilter {
  return { team: params.team, vendor: params.vendor, alerts: params.alerts === 'yes' }
}

export const isFiltered = ({ team, vendor, alerts }: WallFilter) => Boolean(team || vendor || alerts)

export function shown(calls: readonly LiveCall[], { team, vendor, alerts }: WallFilter): LiveCall[] {
  return calls.filter(
    (call) =>
      (!team || call.team === team) &&
      (!vendor || call.vendor === vendor) &&
      (!alerts || call.alerts_open > 0),
  )
}

/** The most harm first; among equals open alerts, then who waits longest. */
export function ranked(calls: readonly LiveCall[]): LiveCall[] {
  return calls.toSorted(
    (a, b) =>
      b.harm - a.harm ||
      b.alerts_open - a.alerts_open ||
      a.started_at.localeCompare(b.started_at) ||
      a.call_id.localeCompare(b.call_id),
  )
}

/** The order that was: nothing moves under a pointer or a reader. What is new comes last; what is gone goes. */
export function kept(order: readonly string[], calls: readonly LiveCall[]): LiveCall[] {
  const place = new Map(order.map((id, ix) => [id, ix]))
  const known = calls.filter(({ call_id }) => place.has(call_id))
  const others = ranked(calls.filter(({ call_id }) => !place.has(call_id)))
  return [...known.toSorted((a, b) => place.get(a.call_id)! - place.get(b.call_id)!), ...others]
}

/** Shares of the time so far: each party's talk, and what nobody filled. Together at most 1. */
export function shares(call: Pick<LiveCall, 'talk_s' | 'heard_to_s'>): {
  agent: number
  customer: number
  silence: number
} {
  const { agent, customer } = call.talk_s
  // Both may talk at once.
  const whole = Math.max(call.heard_to_s, agent + customer, 0.001)
  return { agent: agent / whole, customer: customer / whole, silence: (whole - agent - customer) / whole }
}

export type Lateness = 'fine' | 'late' | 'bad'

/** What is told of a call is so old: up to 3 s nobody notices, beyond 10 s it no longer is "now". */
export function lateness(lagMs: number): Lateness {
  if (lagMs < 3000) return 'fine'
  return lagMs < 10_000 ? 'late' : 'bad'
}

/** Nobody has spoken for so long that it is worth a word, in seconds. */
export const SILENT_S = 5

/** How well calls are recognised: `degraded` is without text before an utterance is over, `off` without any. */
export function recognitionOf({
  recognised,
  partials_dropped,
}: Pick<Capacity, 'recognised' | 'partials_dropped'>): 'fine' | 'degraded' | 'off' {
  if (!recognised) return 'off'
  return partials_dropped ? 'degraded' : 'fine'
}
