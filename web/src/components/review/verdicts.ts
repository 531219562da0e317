/** What can be decided on a finding. In: the machine's verdict. Out: decisions as the service takes them. */
import type { Schemas } from '@/api/client'

export type Choice = 'agree' | 'overturn' | 'not_assessable'
export type Draft = { choice: Choice; verdict?: string; comment: string }

const DECIDED = ['met', 'not_met', 'not_applicable']

/** What may hold instead of what the machine said. */
export function alternatives(machine: string): string[] {
  return DECIDED.filter((verdict) => verdict !== machine)
}

/** What holds instead when nothing else is said: the opposite, where there is one. */
export function opposite(machine: string): string | undefined {
  if (machine === 'met') return 'not_met'
  return machine === 'not_met' ? 'met' : undefined
}

/** Whether the service would take it: all but agreeing needs a comment, overturning a verdict. */
export function complete(draft: Draft, machine: string): boolean {
  if (draft.choice === 'agree') return true
  if (!draft.comment.trim()) return false
  return (
    draft.choice !== 'overturn' || alternatives(machine).includes(draft.verdict ?? opposite(machine) ?? '')
  )
}

export function asDecision(
  draft: Draft,
  finding: { rubric: string; criterion: string; verdict: string },
): Schemas['NewDecision'] {
  const { rubric, criterion } = finding
  const verdict = draft.choice === 'overturn' ? (draft.verdict ?? opposite(finding.verdict)) : undefined
  return {
    rubric,
    criterion,
    decision: draft.choice,
    comment: draft.comment.trim(),
    ...(verdict && verdict !== finding.verdict ? { verdict } : {}),
  }
}

/** The decision that stands on a finding; undefined while there is none. */
export function standing(
  decisions: readonly Schemas['Decision'][],
  rubric: string,
  criterion: string,
): Schemas['Decision'] | undefined {
  return decisions.findLast((one) => one.rubric === rubric && one.criterion === criterion && !one.replaced)
}
