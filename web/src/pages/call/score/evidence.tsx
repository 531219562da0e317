/** One piece of proof: where, what was heard, and what it was held against. */
import { PlayCircleOutlined } from '@ant-design/icons'
import { lookedFor } from '@/components/looked-for'
import { useReviewWords } from '@/components/review/words'
import { useLocale } from '@/i18n'
import { type Evidence, placed } from '../logic/report'
import { useTexts } from '../messages'

/** The others quote a measure or a fact. */
const SPOKEN = new Set(['phrase', 'absence', 'near_miss'])

interface Props {
  evidence: Evidence
  verdict: string
  /** The criterion's id, and what it is called. */
  of: { criterion: string; title: string }
  onPlay: (evidence: Evidence) => void
}

export function EvidenceLine({ evidence, verdict, of, onPlay }: Props) {
  const t = useTexts()
  const words = useReviewWords()
  const { format } = useLocale()
  const { kind, quote, how, distance, confidence } = evidence
  const matched = evidence.matched && lookedFor(evidence.matched, of.criterion, of.title, format.named)
  const against =
    kind === 'absence'
      ? verdict === 'met'
        ? t.searchedFor
        : t.expected
      : kind === 'near_miss'
        ? t.insteadOf
        : SPOKEN.has(kind)
          ? t.heldAgainst
          : t.bound
  const fine = [
    how && words(how),
    distance ? `${t.distance} ${format.number(distance, 2)}` : undefined,
    confidence !== undefined ? `${t.heardAt} ${format.percent(confidence, 0)}` : undefined,
  ].filter(Boolean)
  const body = (
    <>
      <span className="evidence-head">
        {placed(evidence) && (
          <b>
            <PlayCircleOutlined aria-hidden /> {format.clock(evidence.start_s)}–{format.clock(evidence.end_s)}
          </b>
        )}
        <span>{words(kind)}</span>
      </span>
      {quote && <span className="evidence-quote">{SPOKEN.has(kind) ? `“${quote}”` : quote}</span>}
      {matched && (
        <span className="evidence-matched" title={matched}>
          {against}
          {matched}
        </span>
      )}
      {fine.length > 0 && <span className="evidence-fine">{fine.join(' · ')}</span>}
    </>
  )
  if (!placed(evidence)) return <div className="evidence evidence-fact">{body}</div>
  return (
    <button type="button" className={`evidence evidence-${kind}`} onClick={() => onPlay(evidence)}>
      {body}
    </button>
  )
}
