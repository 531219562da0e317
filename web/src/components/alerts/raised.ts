/** New alerts as they are told. In: events. Out: alerts, and which of their notices stay in sight. */
import type { Happening } from '@/api/events'
import type { Alert } from '@/api/live'

/** Notices in sight at once; the bell counts the others. */
export const TOASTS_MAX = 3

/** The alert that an event tells of; undefined where it tells of none. */
export function asAlert(event: Happening): Alert | undefined {
  if (!event.kind.startsWith('alert.')) return undefined
  const alert = event.body as Partial<Alert> | null
  return typeof alert?.alert_id === 'string' ? (alert as Alert) : undefined
}

/** With one more; the oldest give way. One that is in sight already stays where it is. */
export function withToast(shown: readonly string[], key: string): { keep: string[]; close: string[] } {
  const all = shown.includes(key) ? [...shown] : [...shown, key]
  const cut = Math.max(0, all.length - TOASTS_MAX)
  return { keep: all.slice(cut), close: all.slice(0, cut) }
}
