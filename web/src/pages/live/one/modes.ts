/** Which ways to join a call by telephone there are for somebody, and why not the others. */
import { type LiveCall, MODES, type Mode } from '@/api/live'

export interface Way {
  mode: Mode
  /** Why not: they have no leave, or the call's way in cannot do it; undefined where it is possible. */
  why?: 'leave' | 'call'
}

export function waysOf(call: Pick<LiveCall, 'modes'>, can: (action: string) => boolean): Way[] {
  return MODES.map((mode) => {
    if (!can(`live.${mode}`)) return { mode, why: 'leave' }
    return call.modes.includes(mode) ? { mode } : { mode, why: 'call' }
  })
}

/** One's own part in a call, by telephone; listening in the browser is none. */
export function joinOf(
  call: Pick<LiveCall, 'supervisors'>,
  person: string,
): { join_id: string; mode: Mode } | undefined {
  const mine = call.supervisors.find((one) => one.person === person && one.join_id)
  return mine?.join_id ? { join_id: mine.join_id, mode: mine.mode as Mode } : undefined
}
