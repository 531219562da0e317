/** Which ways to join a call there are for somebody, and why not the others. */
import { type LiveCall, MODES, type Mode } from '@/api/live'

export interface Way {
  mode: Mode
  /** Why not: the service's words, `leave` or `call`; undefined where it is possible. */
  why?: string | 'leave' | 'call'
}

export function waysOf(call: Pick<LiveCall, 'modes' | 'modes_why'>, can: (action: string) => boolean): Way[] {
  return MODES.map((mode) => {
    if (!can(`live.${mode}`)) return { mode, why: 'leave' }
    if (call.modes.includes(mode)) return { mode }
    return { mode, why: call.modes_why?.[mode] || 'call' }
  })
}
