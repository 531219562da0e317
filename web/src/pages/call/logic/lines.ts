/** The transcript as rows. In: a report. Out: rows by time, words with what is to be shown of them. */
import { type EvidenceMark, isWindow } from './marks'
import { overlaps, type Report, type Stretch, type Utterance } from './report'

/** Words that the recogniser believed less than this are marked. */
export const LOW = 0.5

export interface Piece extends Stretch {
  text: string
  low: boolean
  confidence: number
  pii: boolean
  /** The gravest evidence that covers it. */
  mark?: EvidenceMark
}

export interface SaidRow extends Stretch {
  kind: 'said'
  key: string
  party: string
  speaker: number
  pieces: Piece[]
  /** Whether words have times of their own; messages of a chat have none. */
  timed: boolean
  /** One for each finding whose evidence lies here, the gravest first. */
  marks: EvidenceMark[]
}

export interface RejectedRow extends Stretch {
  kind: 'rejected'
  key: string
  party: string
  text: string
  why: string
}

export interface PauseRow extends Stretch {
  kind: 'silence' | 'hold'
  key: string
  announced: boolean
}

export type Row = SaidRow | RejectedRow | PauseRow

/** Languages that put no spaces between words. */
const UNSPACED = /^(zh|yue|ja|th|lo|km|my)$/

function touches(mark: EvidenceMark, said: Stretch & { leg: number }): boolean {
  if (isWindow(mark) || mark.kind === 'near_miss' || mark.kind === 'silence') return false
  return (mark.leg === undefined || mark.leg === said.leg) && overlaps(mark, said)
}

/** How much of a word must be covered for it to count. */
function covers(mark: Stretch, word: Stretch): boolean {
  const shared = Math.min(mark.end_s, word.end_s) - Math.max(mark.start_s, word.start_s)
  return shared > 0 && shared >= 0.4 * (word.end_s - word.start_s)
}

/** A text without words, cut around what is starred in it. */
/** A mask as a whole: written in groups too, and not inside a longer one (`***` is no part of `****`). */
function wholeMask(masked: string): RegExp {
  const signs = [...masked].map((sign) => sign.replace(/[^\p{L}\p{N}]/u, '\\$&'))
  return new RegExp(`(?<!\\*)${signs.join('[ -]?')}(?!\\*)`)
}

function untimed(said: Utterance, report: Report): Piece[] {
  const masks = report.pii.filter((one) => one.leg === said.leg).map((one) => wholeMask(one.masked))
  const parts: { text: string; pii: boolean }[] = []
  let rest = said.text
  for (;;) {
    const found = masks
      .map((mask) => mask.exec(rest))
      .filter((found) => found !== null)
      .sort((a, b) => a.index - b.index)[0]
    if (!found) break
    const [masked] = found
    if (found.index > 0) parts.push({ text: rest.slice(0, found.index), pii: false })
    parts.push({ text: masked, pii: true })
    rest = rest.slice(found.index + masked.length)
  }
  if (rest || parts.length === 0) parts.push({ text: rest, pii: false })
  const { start_s, end_s, confidence } = said
  return parts.map((part) => ({ ...part, start_s, end_s, confidence, low: false }))
}

function piecesOf(said: Utterance, report: Report, marks: EvidenceMark[]): Piece[] {
  const { words } = said
  const spaced = !UNSPACED.test(report.transcript.language)
  const pii = report.pii.filter((one) => one.leg === said.leg && overlaps(one, said))
  return words.map((word, ix) => ({
    start_s: word.start_s,
    end_s: word.end_s,
    text: ix > 0 && spaced && !/^\s/.test(word.text) ? ` ${word.text}` : word.text,
    confidence: word.confidence,
    low: word.confidence < LOW,
    pii: pii.some(
      (one) => word.text.includes(one.masked) || (word.text.includes('*') && overlaps(one, word)),
    ),
    mark: marks.findLast((mark) => covers(mark, word)),
  }))
}

function saidRow(said: Utterance, report: Report, all: EvidenceMark[]): SaidRow {
  const marks = all.filter((mark) => touches(mark, said))
  const gravest = new Map(marks.map((mark) => [`${mark.rubric} ${mark.criterion}`, mark]))
  return {
    kind: 'said',
    key: `u${said.id}`,
    start_s: said.start_s,
    end_s: said.end_s,
    party: said.party,
    speaker: said.speaker,
    pieces: said.words.length > 0 ? piecesOf(said, report, marks) : untimed(said, report),
    timed: said.words.length > 0,
    marks: [...gravest.values()].sort((a, b) => b.rank - a.rank),
  }
}

export function rowsOf(report: Report, marks: EvidenceMark[]): Row[] {
  const partyOf = (leg: number) => report.media.legs.find((one) => one.leg === leg)?.party ?? 'unknown'
  const rows: Row[] = [
    ...report.transcript.utterances.map((said) => saidRow(said, report, marks)),
    ...report.transcript.rejected.map(
      (one, ix): RejectedRow => ({
        kind: 'rejected',
        key: `r${ix}`,
        start_s: one.start_s,
        end_s: one.end_s,
        party: partyOf(one.leg),
        text: one.text,
        why: one.why,
      }),
    ),
    ...report.conversation.silences
      .filter((one) => !one.hold)
      .map((one, ix): PauseRow => ({ ...one, kind: 'silence', key: `s${ix}` })),
    ...report.conversation.holds.map(
      (one, ix): PauseRow => ({ ...one, kind: 'hold', key: `h${ix}`, announced: true }),
    ),
  ]
  return rows.sort((a, b) => a.start_s - b.start_s)
}

export interface Match {
  row: number
  /** First and last piece of it. */
  first: number
  last: number
}

/** Where a text is said. Case and spaces make no difference. */
export function find(rows: readonly Row[], wanted: string): Match[] {
  const plain = (text: string) => text.toLowerCase().replace(/\s+/g, '')
  const query = plain(wanted)
  if (!query) return []
  return rows.flatMap((row, ix) => {
    if (row.kind !== 'said') return []
    // For each character of the row's text, the piece that it is of.
    const owners: number[] = []
    const text = row.pieces.map((piece, p) => {
      const part = plain(piece.text)
      for (let i = 0; i < part.length; i++) owners.push(p)
      return part
    })
    const whole = text.join('')
    const found: Match[] = []
    for (let at = whole.indexOf(query); at >= 0; at = whole.indexOf(query, at + query.length)) {
      found.push({ row: ix, first: owners[at]!, last: owners[at + query.length - 1]! })
    }
    return found
  })
}
