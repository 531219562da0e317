/** Calls that go on, and alerts: what the service tells of them, and what it is asked to do. */
import { api, data, type Schemas } from './client'

export type LiveCall = Schemas['LiveCall']
export type LiveDetail = Schemas['LiveCallDetail']
export type LiveUtterance = Schemas['LiveUtterance']
export type LiveState = Schemas['CallState']
export type Capacity = Schemas['LiveCapacity']
export type SettledCriterion = Schemas['Criterion']
export type Alert = Schemas['Alert']
export type AlertPolicy = Schemas['AlertPolicy']
export type Precision = Schemas['AlertPrecision']

export const MODES = ['listen', 'coach', 'barge'] as const
export type Mode = (typeof MODES)[number]

/** What is being said, as the stream tells it. */
export interface LivePartial {
  leg: number
  party?: string
  start_s: number
  /** Empty: nothing is being said now. */
  text: string
}

const call = (live_id: string) => ({ params: { path: { live_id } } })
const alert = (alert_id: string) => ({ params: { path: { alert_id } } })
const join = (join_id: string) => ({ params: { path: { join_id } } })

export const live = {
  calls: () => data(api.GET('/api/v1/live/calls')),
  call: (id: string) => data(api.GET('/api/v1/live/calls/{live_id}', call(id))),
  pause: (id: string, reason: string) =>
    data(api.POST('/api/v1/live/calls/{live_id}/pause', { ...call(id), body: { reason } })),
  resume: (id: string) => data(api.POST('/api/v1/live/calls/{live_id}/resume', call(id))),
  join: (id: string, body: Schemas['JoinRequest']) =>
    data(api.POST('/api/v1/live/calls/{live_id}/joins', { ...call(id), body })),
  changeJoin: (id: string, mode: Mode) =>
    data(api.PATCH('/api/v1/live/joins/{join_id}', { ...join(id), body: { mode } })),
  leave: (id: string) => data(api.DELETE('/api/v1/live/joins/{join_id}', join(id))),
}

export type AlertsState = 'open' | 'acknowledged' | 'withdrawn' | 'all'

export interface AlertsAsked {
  state: AlertsState
  call_id?: string | undefined
  rubric?: string | undefined
  criterion?: string | undefined
  cursor?: string | undefined
  limit?: number
}

export const alerts = {
  list: (query: AlertsAsked) => data(api.GET('/api/v1/alerts', { params: { query } })),
  acknowledge: (id: string) => data(api.POST('/api/v1/alerts/{alert_id}/acknowledge', alert(id))),
  feedback: (id: string, body: Schemas['AlertFeedback']) =>
    data(api.POST('/api/v1/alerts/{alert_id}/feedback', { ...alert(id), body })),
  rubrics: () => data(api.GET('/api/v1/alerts/rubrics')),
  policy: () => data(api.GET('/api/v1/alerts/policy')),
  writePolicy: (body: AlertPolicy) => data(api.PUT('/api/v1/alerts/policy', { body })),
  precision: (query: { from?: string; to?: string }) =>
    data(api.GET('/api/v1/alerts/precision', { params: { query } })),
}

/** Where a call is heard while it goes on: a WebSocket of this origin. */
export function listenUrl(callId: string, reason: string): string {
  const { protocol, host } = window.location
  const path = `/api/v1/live/calls/${encodeURIComponent(callId)}/listen?${new URLSearchParams({ reason })}`
  return `${protocol === 'https:' ? 'wss' : 'ws'}://${host}${path}`
}
