/**
 * What of a call a reviewer works through, and where the cursor goes. In: findings, decisions on record, decisions
 * held. Out: items in the service's order (the gravest first), which decisions do not change, so that nothing jumps.
 */
import type { Schemas } from '@/api/client'
import type { Held } from '@/components/review/held'
import { standing } from '@/components/review/verdicts'

type Finding = Schemas['FindingSummary']
type Decision = Schemas['Decision']

export interface Item {
  /** Its name in the call. */
  key: string
  finding: Finding
  /** What was decided, on record or held. */
  decided?: { decision: string; verdict?: string | null; comment: string; by?: string; held: boolean }
}

export const itemKey = (one: { rubric: string; criterion: string }) => `${one.rubric}/${one.criterion}`

/** Findings that ask for a person: violations and what is undetermined. */
export function itemsOf(
  callId: string,
  findings: readonly Finding[],
  decisions: readonly Decision[],
  held: readonly Held[],
): Item[] {
  const asking = findings.filter(({ verdict }) => verdict === 'not_met' || verdict === 'undetermined')
  return asking.map((finding) => {
    const key = itemKey(finding)
    const mine = held.findLast((one) => one.callId === callId && itemKey(one) === key)
    const known = standing(decisions, finding.rubric, finding.criterion)
    if (mine) {
      const { decision, verdict, comment = '' } = mine
      return { key, finding, decided: { decision, verdict, comment, held: true } }
    }
    if (!known) return { key, finding }
    const { decision, verdict, comment, by } = known
    return { key, finding, decided: { decision, verdict, comment, by, held: false } }
  })
}

/** Where the cursor stands when a call is come to: at what is open, else at its first or last item. */
export function entry(items: readonly Item[], from: 'above' | 'below'): string | undefined {
  if (from === 'below') return items.at(-1)?.key
  return (items.find((item) => !item.decided) ?? items[0])?.key
}

/** One item on or back; undefined: beyond the call's last or first. */
export function step(items: readonly Item[], at: string | undefined, by: 1 | -1): string | undefined {
  const ix = items.findIndex((item) => item.key === at)
  if (ix < 0) return undefined
  return items[ix + by]?.key
}

/** After a decision: the next that is open, from the top again when there is none below; undefined: all are decided. */
export function nextOpen(items: readonly Item[], at: string): string | undefined {
  const ix = items.findIndex((item) => item.key === at)
  const later = [...items.slice(ix + 1), ...items.slice(0, Math.max(0, ix))]
  return later.find((item) => !item.decided)?.key
}

export function openCount(items: readonly Item[]): number {
  return items.filter((item) => !item.decided).length
}
