/** Findings in the order in which they are gone through. In: scorecards. Out: what is shown, and which comes next. */
import type { Schemas } from '@/api/client'
import type { Held } from '@/components/review/held'
import { standing } from '@/components/review/verdicts'
import type { Named } from './marks'
import type { Finding, Scorecard } from './report'

export type Filter = 'problems' | 'undecided' | 'all'

/** What a person said of a finding: on record, or held here for some seconds in which it can be taken back. */
export type Decided = Pick<Schemas['Decision'], 'decision' | 'verdict' | 'comment'> & { held?: true }

export interface Item extends Named {
  key: string
  finding: Finding
  decision: Decided | undefined
}

export const keyOf = ({ rubric, criterion }: Named) => `${rubric}/${criterion}`

/** Something for a person to look at: failed, or left open. */
export function isProblem(finding: Pick<Finding, 'verdict'>): boolean {
  return finding.verdict === 'not_met' || finding.verdict === 'undetermined'
}

/** What does not apply cannot be decided on. */
export function decidable(finding: Pick<Finding, 'verdict'>): boolean {
  return finding.verdict !== 'not_applicable'
}

const GRAVITY: Record<string, number> = { critical: 4, fail: 3, undetermined: 2, pass: 1 }

/** The gravest scorecards first. */
export function byGravity(cards: readonly Scorecard[]): Scorecard[] {
  return cards.toSorted((a, b) => (GRAVITY[b.verdict] ?? 0) - (GRAVITY[a.verdict] ?? 0))
}

export function itemsOf(
  cards: readonly Scorecard[],
  decisions: readonly Schemas['Decision'][],
  held: readonly Held[] = [],
): Item[] {
  const decided = (rubric: string, finding: Finding): Decided | undefined => {
    const mine = held.findLast((one) => one.rubric === rubric && one.criterion === finding.criterion)
    if (!mine) return standing(decisions, rubric, finding.criterion)
    const { decision, verdict, comment = '' } = mine
    return { decision, verdict: verdict ?? finding.verdict, comment, held: true }
  }
  return cards.flatMap((card) =>
    card.verdict === 'not_applicable'
      ? []
      : card.findings.map((finding) => ({
          key: keyOf({ rubric: card.rubric, criterion: finding.criterion }),
          rubric: card.rubric,
          criterion: finding.criterion,
          finding,
          decision: decided(card.rubric, finding),
        })),
  )
}

export function shown(items: readonly Item[], filter: Filter): Item[] {
  if (filter === 'problems') return items.filter((item) => isProblem(item.finding))
  if (filter === 'undecided') return items.filter((item) => isProblem(item.finding) && !item.decision)
  return [...items]
}

/** One further on or back; the ends hold. */
export function step(items: readonly Item[], key: string | undefined, by: 1 | -1): Item | undefined {
  const at = items.findIndex((item) => item.key === key)
  if (at < 0) return by > 0 ? items[0] : items.at(-1)
  return items[Math.min(Math.max(at + by, 0), items.length - 1)]
}

/** The next after this one that nobody has decided on, going round once; problems before what was met. */
export function nextUndecided(items: readonly Item[], key: string): Item | undefined {
  const at = items.findIndex((item) => item.key === key)
  const round = [...items.slice(at + 1), ...items.slice(0, Math.max(at, 0))]
  return round.find((item) => isProblem(item.finding) && !item.decision)
}
