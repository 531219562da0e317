/**
 * What happens, as it happens: one stream of server-sent events a window, and only while it is looked at (browsers
 * share six connections among all windows of a site). What changed is asked for anew.
 */
import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import type { Schemas } from './client'

export type Happening = Schemas['Event']

const KINDS = [
  'call.analysed',
  'call.changed',
  'finding.decided',
  'call.deleted',
  'file.failed',
  'rubric.published',
  'alert.raised',
  'alert.acknowledged',
  'alert.escalated',
  'alert.withdrawn',
  'live.started',
  'live.ended',
]

/** Which queries an event makes old: the first parts of their keys. */
const OLD: Record<string, string[]> = {
  'call.analysed': ['calls', 'ledger', 'jobs', 'stats', 'samples'],
  'call.changed': ['calls', 'call'],
  'finding.decided': ['calls', 'call', 'stats'],
  'call.deleted': ['calls', 'call', 'stats', 'retention'],
  'file.failed': ['ledger', 'jobs', 'stats'],
  'rubric.published': ['rubrics', 'rubric'],
  'alert.raised': ['alerts', 'live'],
  'alert.acknowledged': ['alerts', 'live'],
  'alert.escalated': ['alerts', 'live'],
  'alert.withdrawn': ['alerts', 'live'],
  'live.started': ['live'],
  'live.ended': ['live', 'alerts'],
}

/** Bursts are gathered: at most one round of questions in this time, in ms. */
const GATHER_MS = 1500

const listeners = new Set<(event: Happening) => void>()

/** Hears every event while the component is there. */
export function useHappening(listener: (event: Happening) => void) {
  useEffect(() => {
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
    }
  }, [listener])
}

/** Keeps the stream; once, in the shell. */
export function useEvents() {
  const client = useQueryClient()
  useEffect(() => {
    let source: EventSource | undefined
    let last: string | undefined
    let timer: ReturnType<typeof setTimeout> | undefined
    const old = new Set<string>()
    const hear = (message: MessageEvent<string>) => {
      last = message.lastEventId
      const event = JSON.parse(message.data) as Happening
      for (const listener of listeners) listener(event)
      for (const key of OLD[event.kind] ?? []) old.add(key)
      timer ??= setTimeout(() => {
        timer = undefined
        for (const key of old) void client.invalidateQueries({ queryKey: [key] })
        old.clear()
      }, GATHER_MS)
    }
    const look = () => {
      if (document.hidden) {
        source?.close()
        source = undefined
      } else if (!source) {
        source = new EventSource(last ? `/api/v1/events?after=${last}` : '/api/v1/events')
        for (const kind of KINDS) source.addEventListener(kind, hear)
      }
    }
    look()
    document.addEventListener('visibilitychange', look)
    return () => {
      document.removeEventListener('visibilitychange', look)
      clearTimeout(timer)
      source?.close()
    }
  }, [client])
}
