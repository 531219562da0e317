/**
 * Calls that go on, and alerts, as the service tells them. The types are written by hand after the service's contract:
 * the one place to take the generated ones in.
 */
import { api, data } from './client'

export type Mode = 'listen' | 'coach' | 'barge'
export const MODES: readonly Mode[] = ['listen', 'coach', 'barge']

export type LiveState = 'live' | 'held' | 'paused' | 'ending'

export interface LiveUtterance {
  leg: number
  party: string
  start_s: number
  end_s: number
  /** Personal data starred. */
  text: string
  confidence: number
  /** What was told before does not hold. */
  revoked?: boolean
}

export interface LivePartial {
  leg: number
  party?: string
  start_s: number
  /** Empty: nothing is being said now. */
  text: string
}

export interface LiveLeg {
  leg: number
  party: string
  speaking: boolean
  lost_share: number
  jitter_ms: number
}

export interface Supervisor {
  person: string
  name: string
  mode: Mode
  since: string
}

export interface LiveCall {
  call_id: string
  source: string
  started_at: string
  direction?: string | null
  agent_id?: string | null
  team?: string | null
  queue?: string | null
  vendor?: string | null
  client?: string | null
  project?: string | null
  state: LiveState
  elapsed_s: number
  heard_to_s: number
  lag_ms: number
  legs: LiveLeg[]
  talk_s: { agent: number; customer: number }
  /** How long nobody has spoken now. */
  silence_s: number
  last: LiveUtterance | null
  /** 0 to 1000. */
  harm: number
  alerts_open: number
  alert_worst: string | null
  supervisors: Supervisor[]
  /** What is possible for this call. */
  modes: Mode[]
  /** Why the others are not. */
  modes_why?: Partial<Record<Mode, string>>
}

export interface SettledCriterion {
  rubric: string
  criterion: string
  title: string
  /** Null while open. */
  verdict: string | null
}

export interface Alert {
  alert_id: string
  call_id: string
  at: string
  rubric: string
  criterion: string
  title: string
  severity: string
  /** Personal data starred. */
  quote: string | null
  leg: number | null
  start_s: number | null
  end_s: number | null
  confidence: number
  state: 'open' | 'acknowledged'
  acknowledged_by: string | null
  acknowledged_at: string | null
  right: boolean | null
  note: string | null
  escalated_at: string | null
  listen_url: string
  /** The call still goes on. */
  live: boolean
}

export interface LiveDetail extends LiveCall {
  utterances: LiveUtterance[]
  partials: LivePartial[]
  alerts: Alert[]
  criteria: SettledCriterion[]
}

export interface Capacity {
  /** How many at most. */
  calls: number
  going_on: number
  lag_ms_p95: number
  /** Whether what is said is recognised; else calls are only heard and measured. */
  recognised: boolean
}

export interface AlertPolicy {
  severity_min: 'minor' | 'major' | 'critical'
  cool_down_s: number
  budget_per_10_min: number
  quiet_hours: { from: string; to: string } | null
  escalate_after_s: number
}

export interface Precision {
  rubric: string
  criterion: string
  title: string
  raised: number
  right: number
  wrong: number
}

export interface Join {
  join_id: string
  mode: Mode
}

interface Options {
  params?: { path?: Record<string, string>; query?: Record<string, string | number | undefined> }
  body?: unknown
}
type Ask = <T>(path: string, options?: Options) => Promise<{ data?: T }>

/** The same client, where the description does not know a path yet. */
const service = api as unknown as Record<'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', Ask>

const call = (call_id: string) => ({ params: { path: { call_id } } })
const alert = (alert_id: string) => ({ params: { path: { alert_id } } })
const join = (join_id: string) => ({ params: { path: { join_id } } })

export const live = {
  calls: () => data(service.GET<{ calls: LiveCall[]; capacity: Capacity }>('/api/v1/live/calls')),
  call: (id: string) => data(service.GET<LiveDetail>('/api/v1/live/calls/{call_id}', call(id))),
  pause: (id: string, reason: string) =>
    data(service.POST<void>('/api/v1/live/calls/{call_id}/pause', { ...call(id), body: { reason } })),
  resume: (id: string) => data(service.POST<void>('/api/v1/live/calls/{call_id}/resume', call(id))),
  join: (id: string, body: { mode: Mode; telephone: string; reason: string }) =>
    data(service.POST<Join>('/api/v1/live/calls/{call_id}/joins', { ...call(id), body })),
  changeJoin: (id: string, mode: Mode) =>
    data(service.PATCH<Join>('/api/v1/live/joins/{join_id}', { ...join(id), body: { mode } })),
  leave: (id: string) => data(service.DELETE<void>('/api/v1/live/joins/{join_id}', join(id))),
}

export interface AlertsAsked {
  state: 'open' | 'acknowledged' | 'all'
  call_id?: string | undefined
  cursor?: string | undefined
  limit?: number
}

export const alerts = {
  list: (query: AlertsAsked) =>
    data(
      service.GET<{ items: Alert[]; next?: string | null }>('/api/v1/alerts', {
        params: { query: { ...query } },
      }),
    ),
  acknowledge: (id: string) =>
    data(service.POST<Alert>('/api/v1/alerts/{alert_id}/acknowledge', { ...alert(id), body: {} })),
  feedback: (id: string, body: { right: boolean; note: string }) =>
    data(service.POST<Alert>('/api/v1/alerts/{alert_id}/feedback', { ...alert(id), body })),
  policy: () => data(service.GET<AlertPolicy>('/api/v1/alerts/policy')),
  writePolicy: (body: AlertPolicy) => data(service.PUT<AlertPolicy>('/api/v1/alerts/policy', { body })),
  precision: (query: { from?: string; to?: string }) =>
    data(service.GET<Precision[]>('/api/v1/alerts/precision', { params: { query } })),
}

/** Where a call is heard while it goes on: a WebSocket of this origin. */
export function listenUrl(callId: string, reason: string): string {
  const { protocol, host } = window.location
  const path = `/api/v1/live/calls/${encodeURIComponent(callId)}/listen?${new URLSearchParams({ reason })}`
  return `${protocol === 'https:' ? 'wss' : 'ws'}://${host}${path}`
}
