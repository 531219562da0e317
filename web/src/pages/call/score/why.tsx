/** Why a criterion was judged as it was: its conditions as a tree with their values, asked for when wanted. */
import {
  CheckOutlined,
  ClockCircleOutlined,
  CloseOutlined,
  DownOutlined,
  QuestionOutlined,
  RightOutlined,
} from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Button, Skeleton } from 'antd'
import { type ReactNode, useState } from 'react'
import { Problem } from '@/api/client'
import { ProblemAlert } from '@/components/problem'
import { useReviewWords } from '@/components/review/words'
import { explainQuery } from '../data'
import { asked, type Condition, type Proof } from '../logic/explain'
import type { Evidence } from '../logic/report'
import type { Item } from '../logic/walk'
import { useTexts } from '../messages'
import { useReportWords } from '../report-words'
import { EvidenceLine } from './evidence'
import { useOperators } from './operators'

interface Props {
  callId: string
  item: Item
  title: string
  onPlay: (evidence: Evidence) => void
}

export function Why(props: Props) {
  const t = useTexts()
  const [open, setOpen] = useState(false)
  return (
    <div className="why">
      <Button
        size="small"
        type="link"
        icon={open ? <DownOutlined /> : <RightOutlined />}
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        {open ? t.hideWhy : t.why}
      </Button>
      {open && <Trees {...props} />}
    </div>
  )
}

function Trees({ callId, item, title, onPlay }: Props) {
  const t = useTexts()
  const code = useReportWords()
  const query = useQuery(explainQuery(callId, item.rubric, item.criterion))
  if (query.isPending) return <Skeleton active paragraph={{ rows: 3 }} title={false} />
  if (query.isError) {
    const gone = query.error instanceof Problem && [404, 405, 409].includes(query.error.status)
    if (gone) return <p className="proof-reason">{t.whyGone}</p>
    return <ProblemAlert problem={query.error} retry={() => void query.refetch()} />
  }
  const parts = query.data.criteria.flatMap((criterion) => criterion.parts)
  return parts.map(({ part, condition }) => (
    <div key={part} className="why-part">
      <h4>{code('part', part)}</h4>
      <Node condition={condition} of={{ criterion: item.criterion, title }} onPlay={onPlay} />
    </div>
  ))
}

const VALUES: Record<string, ReactNode> = {
  true: <CheckOutlined />,
  false: <CloseOutlined />,
  pending: <ClockCircleOutlined />,
}

interface NodeProps extends Pick<Props, 'onPlay'> {
  condition: Condition
  of: { criterion: string; title: string }
}

function Node({ condition, of, onPlay }: NodeProps) {
  const words = useReviewWords()
  const code = useReportWords()
  const operator = useOperators()
  const { name, value, reason, evidence, below } = condition
  // Under one key it stands above already.
  const several = new Set(below.map((one) => one.under)).size > 1
  return (
    <div className={`why-node why-${value}`}>
      <div className="why-line">
        <span className="why-value">
          {VALUES[value] ?? <QuestionOutlined />} {code('value', value)}
        </span>
        {name && <code>{name}</code>}
        <Asks
          text={asked(
            condition.asks,
            below.map((one) => one.under),
            operator,
          )}
        />
      </div>
      {reason && <p className="proof-fine">{words(reason)}</p>}
      {evidence.map((one, ix) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: an explanation never changes places
        <EvidenceLine key={ix} evidence={inSeconds(one)} verdict={value} of={of} onPlay={onPlay} />
      ))}
      {below.length > 0 && (
        <ul>
          {below.map(({ under, condition }, ix) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: so it is below
            <li key={ix}>
              {several && <span className="why-under">{operator(under)}</span>}
              <Node condition={condition} of={of} onPlay={onPlay} />
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}

/** Long lists of phrases are cut to two lines until somebody wants all of them. */
function Asks({ text }: { text: string }) {
  const [all, setAll] = useState(false)
  return (
    <button
      type="button"
      className={all ? 'why-asks' : 'why-asks why-cut'}
      aria-expanded={all}
      onClick={() => setAll(!all)}
    >
      {text}
    </button>
  )
}

function inSeconds({ start_ms, end_ms, ...rest }: Proof): Evidence {
  if (start_ms === undefined || end_ms === undefined) return rest
  return { ...rest, start_s: start_ms / 1000, end_s: end_ms / 1000 }
}
