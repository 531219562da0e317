/** One finding to review: what the machine says, the words that prove it, and what a person says to that. */
import { Tag } from 'antd'
import { useEffect, useRef } from 'react'
import { useCan, useMe } from '@/app/session'
import { CriterionTitle } from '@/components/criterion-title'
import { PlayButton, pieceAt } from '@/components/player'
import { DecisionButtons, DecisionForm } from '@/components/review/decision-form'
import { cut, type Line, type Proof } from '@/components/review/evidence'
import { useReviewers } from '@/components/review/reviewers'
import type { Choice, Draft } from '@/components/review/verdicts'
import { useReviewWords } from '@/components/review/words'
import { SeverityTag, useWords, VerdictTag } from '@/components/verdict'
import { useLocale, useMessages } from '@/i18n'
import { messages } from './messages'
import type { Item } from './worklist'

interface CardProps {
  callId: string
  item: Item
  proof: Proof | undefined
  playable: boolean
  current: boolean
  /** The form that is open, if it is this card's. */
  form: Choice | undefined
  onChoose: () => void
  onForm: (choice: Choice | undefined) => void
  onDecide: (draft: Draft) => void
}

export function FindingCard(props: CardProps) {
  const { item, current, form, onForm, onDecide } = props
  const t = useMessages(messages)
  const words = useReviewWords()
  const can = useCan()
  const { format } = useLocale()
  const box = useRef<HTMLElement>(null)
  useEffect(() => {
    if (current) box.current?.scrollIntoView({ block: 'nearest' })
  }, [current])
  const { finding, decided } = item
  return (
    <article
      ref={box}
      className="inbox-card"
      data-current={current}
      data-decided={decided !== undefined}
      data-finding={item.key}
      aria-current={current}
    >
      <header>
        <VerdictTag verdict={finding.verdict} />
        <SeverityTag severity={finding.severity} />
        <button type="button" className="inbox-card-title" onClick={props.onChoose}>
          <CriterionTitle {...finding} />
        </button>
        <span className="inbox-sure">{t.confidence(format.percent(finding.confidence, 0))}</span>
      </header>
      {props.proof?.reason && <p className="inbox-reason">{words(props.proof.reason)}</p>}
      <Words {...props} />
      <Decided {...props} />
      {current && can('decide') && form === undefined && (
        <DecisionButtons onAgree={() => onDecide({ choice: 'agree', comment: '' })} onOpen={onForm} />
      )}
      {current && form !== undefined && (
        <DecisionForm
          key={form}
          machine={finding.verdict}
          first={form}
          comment={decided?.comment}
          onSave={onDecide}
          onCancel={() => onForm(undefined)}
        />
      )}
    </article>
  )
}

/** What was said there, before and after; and the button that plays it. */
function Words({ callId, item, proof, playable, current }: CardProps) {
  const t = useMessages(messages)
  const words = useReviewWords()
  const { format } = useLocale()
  const { start_s: start, end_s: end, quote } = item.finding
  const placed = start !== undefined && start !== null
  const kind = proof?.evidence.find((one) => one.start_s !== undefined)?.kind
  const lines = (current ? proof?.lines : proof?.lines.filter((line) => line.proof).slice(0, 1)) ?? []
  return (
    <>
      {kind && kind !== 'phrase' && (
        <p className="inbox-kind">
          {words(kind)}
          {placed && ` (${format.clock(start)}–${format.clock(end ?? start)})`}
        </p>
      )}
      {lines.length > 0 ? (
        <ol className="inbox-said">
          {lines.map((line) => (
            <Said key={line.id} line={line} quote={quote} />
          ))}
        </ol>
      ) : (
        quote && <q className="inbox-quote-alone">{quote}</q>
      )}
      {current && placed && (
        <div>
          {playable ? (
            <PlayButton piece={pieceAt(callId, start, end)} at={start} type="primary" ghost>
              {t.playKey(format.clock(start))}
            </PlayButton>
          ) : (
            <span className="inbox-none">{t.near(format.clock(start))}</span>
          )}
        </div>
      )}
    </>
  )
}

function Said({ line, quote }: { line: Line; quote: string | null | undefined }) {
  const words = useWords()
  const { format } = useLocale()
  const parts = line.proof ? cut(line.text, quote) : null
  return (
    <li data-party={line.party} data-proof={line.proof}>
      <b>{words(line.party)}</b> <time>{format.clock(line.start_s)}</time>
      <span>
        {parts ? (
          <>
            {parts[0]}
            <mark>{parts[1]}</mark>
            {parts[2]}
          </>
        ) : (
          line.text
        )}
      </span>
    </li>
  )
}

function Decided({ item }: CardProps) {
  const t = useMessages(messages)
  const words = useReviewWords()
  const verdicts = useWords()
  const me = useMe().person.id
  const reviewers = useReviewers()
  const { decided } = item
  if (!decided) return null
  const instead = decided.decision === 'overturn' && decided.verdict ? ` → ${verdicts(decided.verdict)}` : ''
  const mine = decided.held || decided.by === me
  return (
    <p className="inbox-decided">
      <Tag color="processing" variant="outlined">
        {t.decidedAs(words(decided.decision))}
        {instead}
      </Tag>
      {decided.comment && <span>{decided.comment}</span>}
      <span className="inbox-none">
        {mine ? t.by(t.me) : t.by(reviewers.get(decided.by ?? '') ?? t.somebody)}
        {decided.held && ` · ${t.pending}`}
      </span>
    </p>
  )
}
