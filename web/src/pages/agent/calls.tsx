/** Calls to learn from: what was said where it went wrong, or just the score where it went well. */

import { Link } from '@tanstack/react-router'
import { Card, Empty } from 'antd'
import type { Schemas } from '@/api/client'
import { callName } from '@/components/call-name'
import { CriterionTitle } from '@/components/criterion-title'
import { VerdictTag } from '@/components/verdict'
import { useLocale, useMessages } from '@/i18n'
import { messages } from './messages'

type Call = Schemas['CallInList']

interface Props {
  title: string
  calls: Call[]
  none: string
}

export function CallList({ title, calls, none }: Props) {
  return (
    <Card title={<h2>{title}</h2>} className="plain-card">
      {calls.length === 0 && <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={none} />}
      <ul className="agent-calls">
        {calls.map((call) => (
          <Row key={call.id} call={call} />
        ))}
      </ul>
    </Card>
  )
}

function Row({ call }: { call: Call }) {
  const t = useMessages(messages)
  const { format } = useLocale()
  const { worst } = call
  const at = worst?.start_s
  return (
    <li>
      <div className="agent-call">
        <Link to="/calls/$callId" params={{ callId: call.id }} search={at == null ? {} : { t: String(at) }}>
          {callName(call.external_id)}
        </Link>
        <VerdictTag verdict={call.verdict} />
        <b className="agent-score">{call.score == null ? '—' : t.scoreOf(format.number(call.score, 1))}</b>
        <span className="agent-when">{format.dateTime(call.started)}</span>
      </div>
      {worst && (
        <p className="agent-worst">
          <CriterionTitle {...worst} />
          {worst.quote && <q>{worst.quote}</q>}
        </p>
      )}
    </li>
  )
}
