/** What lies where in the recording. In: a report. Out: marks, the gravest last so that they lie on top. */
import { type Evidence, type Finding, placed, type Report, type Stretch } from './report'

export interface Named {
  rubric: string
  criterion: string
}

export interface EvidenceMark extends Stretch, Named {
  kind: string
  leg: number | undefined
  verdict: string
  title: string
  rank: number
}

export interface EventMark extends Stretch {
  kind: 'silence' | 'hold' | 'overtalk' | 'pii' | 'problem'
  /** A code with words of its own: whose overtalk, which data, which problem. */
  what?: string
  leg?: number
}

const GRAVITY: Record<string, number> = { critical: 5, major: 4, minor: 3, info: 2 }

export function rankOf(finding: Pick<Finding, 'verdict' | 'severity'>): number {
  if (finding.verdict === 'not_met') return GRAVITY[finding.severity] ?? 2
  return finding.verdict === 'undetermined' ? 1 : 0
}

/** Proof that covers no words: a window in which something was looked for. */
export function isWindow(evidence: Pick<Evidence, 'kind'>): boolean {
  return evidence.kind === 'absence'
}

/** What a criterion is called, in the reader's language where that is known. */
export type TitleOf = (named: Named, title: string) => string

export function evidenceMarks(report: Report, titleOf: TitleOf = (_, title) => title): EvidenceMark[] {
  const marks = report.scorecards.flatMap((card) =>
    card.findings.flatMap((finding) =>
      finding.evidence.filter(placed).map((evidence) => ({
        start_s: evidence.start_s,
        end_s: evidence.end_s,
        kind: evidence.kind,
        leg: evidence.leg,
        rubric: card.rubric,
        criterion: finding.criterion,
        verdict: finding.verdict,
        title: titleOf({ rubric: card.rubric, criterion: finding.criterion }, finding.title),
        rank: rankOf(finding),
      })),
    ),
  )
  return marks.sort((a, b) => a.rank - b.rank)
}

export function eventMarks(report: Report): EventMark[] {
  const { silences, holds, overtalk } = report.conversation
  const at = ({ start_s, end_s }: Stretch) => ({ start_s, end_s })
  return [
    ...silences.filter((one) => !one.hold).map((one) => ({ ...at(one), kind: 'silence' as const })),
    ...holds.map((one) => ({ ...at(one), kind: 'hold' as const })),
    ...overtalk
      .filter((one) => !one.backchannel)
      .map((one) => ({ ...at(one), kind: 'overtalk' as const, what: one.by })),
    ...report.media.problems
      .filter(placed)
      .map((one) => ({ ...at(one), kind: 'problem' as const, what: one.kind, leg: one.leg })),
    ...report.pii.map((one) => ({ ...at(one), kind: 'pii' as const, what: one.kind, leg: one.leg })),
  ]
}

/** Those that reach into a view. */
export function inView<T extends Stretch>(marks: readonly T[], from: number, to: number): T[] {
  return marks.filter((mark) => mark.end_s >= from && mark.start_s <= to)
}
