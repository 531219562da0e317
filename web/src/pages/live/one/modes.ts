/** Which ways to join a call by telephone there are for somebody, and why not the others. */
import { type LiveCall, MODES, type Mode } from '@/api/live'

export interface Way {
  mode: Mode
  /** Why not: they have no leave, or the service says why; undefined where it is possible. */
  why?: 'leave' | WhyNot
}

/** As the service says it. */
export type WhyNot = 'no_connector' | 'unable' | 'no_handle'

const WHY_NOT: readonly string[] = ['no_connector', 'unable', 'no_handle'] satisfies WhyNot[]

export function waysOf(call: Pick<LiveCall, 'modes' | 'modes_why'>, can: (action: string) => boolean): Way[] {
  return MODES.map((mode) => {
    if (!can(`live.${mode}`)) return { mode, why: 'leave' }
    if (call.modes.includes(mode)) return { mode }
    const why = call.modes_why[mode] ?? ''
    return { mode, why: WHY_NOT.includes(why) ? (why as WhyNot) : 'unable' }
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
