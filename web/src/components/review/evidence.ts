/**
 * Where a finding's proof stands in the call: who said it, and what was said right before and after. In: a report
 * (`lingting/report/1`) and a criterion. Out: what a card shows and plays.
 */

export interface Utterance {
  id: number
  leg: number
  party: string
  start_s: number
  end_s: number
  text: string
}

export interface Evidence {
  kind: string
  leg?: number
  start_s?: number
  end_s?: number
  quote?: string
}

export interface ReportFinding {
  criterion: string
  title: string
  verdict: string
  evidence: Evidence[]
  reason?: string
}

/** What of a report reviewing needs. */
export interface Report {
  media: { duration_s: number }
  transcript?: { utterances: Utterance[] }
  scorecards: { rubric: string; title: string; findings: ReportFinding[] }[]
}

/** An utterance on a card. */
export interface Line extends Utterance {
  /** The evidence stands in it. */
  proof: boolean
}

export interface Proof {
  evidence: Evidence[]
  /** Why nothing could be concluded. */
  reason?: string
  lines: Line[]
}

/** Utterances shown of evidence that spans many: an absence is proved by a whole stretch. */
const LINES_MAX = 5

function overlaps(one: Utterance, start: number, end: number): boolean {
  return one.start_s < end && one.end_s > start
}

/** The utterances in a stretch of time, with the one before and the one after. */
export function around(utterances: Utterance[], start: number, end: number, leg?: number): Line[] {
  const byTime = utterances.toSorted((a, b) => a.start_s - b.start_s)
  const proof = (one: Utterance) => overlaps(one, start, end) && (leg === undefined || one.leg === leg)
  const first = byTime.findIndex(proof)
  if (first < 0) return []
  const last = byTime.findLastIndex(proof)
  const lines = byTime.slice(Math.max(0, first - 1), last + 2)
  return lines.slice(0, LINES_MAX).map((one) => ({ ...one, proof: proof(one) }))
}

/** What proves a criterion's verdict. */
export function proofOf(report: Report, rubric: string, criterion: string): Proof {
  const card = report.scorecards.find((one) => one.rubric === rubric)
  const finding = card?.findings.find((one) => one.criterion === criterion)
  const evidence = finding?.evidence ?? []
  const placed = evidence.find((one) => one.start_s !== undefined && one.end_s !== undefined)
  const lines = placed
    ? around(report.transcript?.utterances ?? [], placed.start_s!, placed.end_s!, placed.leg)
    : []
  return { evidence, reason: finding?.reason, lines }
}

/** Cuts a text where a quote stands in it: before, quote, after; null where it does not. */
export function cut(text: string, quote: string | null | undefined): [string, string, string] | null {
  if (!quote) return null
  const at = text.indexOf(quote)
  return at < 0 ? null : [text.slice(0, at), quote, text.slice(at + quote.length)]
}
