/** A criterion: one line, and when it is looked at its proof, what people decided, and why it was judged so. */
import { UserOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { memo, useState } from 'react'
import type { Schemas } from '@/api/client'
import { DecisionButtons, DecisionForm } from '@/components/review/decision-form'
import { useReviewWords } from '@/components/review/words'
import { SeverityTag, VerdictTag } from '@/components/verdict'
import { useLocale } from '@/i18n'
import type { Evidence, Finding } from '../logic/report'
import { decidable, type Item, type Decided as Said } from '../logic/walk'
import { useTexts } from '../messages'
import { EvidenceLine } from './evidence'
import { Decided, Pending } from './history'
import type { Deciding } from './index'
import { Why } from './why'

interface Props {
  callId: string
  item: Item
  title: string
  open: boolean
  history: Schemas['Decision'][]
  onChoose: (item: Item | undefined) => void
  onPlay: (evidence: Evidence) => void
  deciding: Deciding | undefined
}

export const FindingRow = memo(function FindingRow(props: Props) {
  const { item, title, open, onChoose } = props
  const { finding, decision } = item
  const t = useTexts()
  const { format } = useLocale()
  const lost = finding.verdict === 'not_met' && finding.points < finding.weight
  const said = finding.evidence.find((one) => one.quote && one.kind === 'phrase')
  const points = format.number(finding.points, 1)
  const weight = format.number(finding.weight, 1)
  const counted = finding.verdict === 'met' || finding.verdict === 'not_met'
  return (
    <li
      className={open ? 'finding finding-open' : 'finding'}
      data-finding={item.key}
      data-verdict={finding.verdict}
    >
      <button
        type="button"
        className="finding-line"
        aria-expanded={open}
        onClick={() => onChoose(open ? undefined : item)}
      >
        <VerdictTag verdict={finding.verdict} />
        <span className="finding-title">
          {title}
          {!open && finding.verdict !== 'met' && said?.quote && (
            <span className="finding-quote">“{said.quote}”</span>
          )}
        </span>
        {decision && !open && <DecisionMark decision={decision} />}
        {finding.severity !== 'info' && finding.verdict === 'not_met' && (
          <SeverityTag severity={finding.severity} />
        )}
        {finding.weight > 0 && (
          <span
            className={lost ? 'finding-points finding-lost' : 'finding-points'}
            title={t.points(points, weight)}
          >
            {counted ? points : '–'}/{weight}
          </span>
        )}
      </button>
      {open && <Proof {...props} />}
    </li>
  )
})

function DecisionMark({ decision }: { decision: Said }) {
  const words = useReviewWords()
  return (
    <span className={`decided decided-${decision.decision}`}>
      <UserOutlined aria-hidden /> {words(decision.decision)}
    </span>
  )
}

function Proof({ callId, item, title, history, onPlay, deciding }: Props) {
  const t = useTexts()
  const words = useReviewWords()
  const { format } = useLocale()
  const { finding } = item
  const standing = item.decision
  return (
    <div className="proof">
      {finding.reason && <p className="proof-reason">{words(finding.reason)}</p>}
      <AllEvidence finding={finding} title={title} onPlay={onPlay} />
      {finding.evidence.length === 0 && !finding.reason && <p className="proof-fine">{t.noEvidence}</p>}
      <p className="proof-fine">
        <code>{item.criterion}</code>
        {finding.verdict !== 'not_applicable' &&
          ` · ${t.confidence} ${format.percent(finding.confidence, 0)}`}
      </p>
      {history.map((decision) => (
        <Decided key={decision.id} decision={decision} />
      ))}
      {standing?.held && <Pending decision={standing} />}
      {deciding && decidable(finding) && (
        <div className="proof-decide">
          {deciding.open ? (
            <DecisionForm
              key={deciding.open}
              machine={finding.verdict}
              first={deciding.open}
              onSave={deciding.onDecide}
              onCancel={() => deciding.onOpen(undefined)}
            />
          ) : (
            <>
              <span className="proof-fine">{standing ? t.change : t.decideHere}</span>
              <DecisionButtons
                onAgree={() => deciding.onDecide({ choice: 'agree', comment: '' })}
                onOpen={deciding.onOpen}
              />
            </>
          )}
        </div>
      )}
      <Why callId={callId} item={item} title={title} onPlay={onPlay} />
    </div>
  )
}

/** More than this many pieces are shown when asked for: what is to be decided should stay in sight. */
const SHOWN = 3

interface AllProps extends Pick<Props, 'title' | 'onPlay'> {
  finding: Finding
}

function AllEvidence({ finding, title, onPlay }: AllProps) {
  const t = useTexts()
  const { format } = useLocale()
  const [all, setAll] = useState(false)
  const { criterion, evidence, verdict } = finding
  const hidden = evidence.length - SHOWN
  const some = all || hidden <= 1 ? evidence : evidence.slice(0, SHOWN)
  return (
    <>
      {some.map((one, ix) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: evidence of a report never changes places
        <EvidenceLine key={ix} evidence={one} verdict={verdict} of={{ criterion, title }} onPlay={onPlay} />
      ))}
      {some.length < evidence.length && (
        <Button size="small" type="link" className="proof-more" onClick={() => setAll(true)}>
          {t.moreEvidence(format.number(hidden))}
        </Button>
      )}
    </>
  )
}
