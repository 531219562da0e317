/** The chosen call, with what of it asks for review. */
import { ArrowLeftOutlined } from '@ant-design/icons'
import { Link } from '@tanstack/react-router'
import { Button, Empty, Flex, Progress, Skeleton } from 'antd'
import { useMemo } from 'react'
import { useCan, useMe } from '@/app/session'
import { ProblemAlert } from '@/components/problem'
import { proofOf } from '@/components/review/evidence'
import { UnitName } from '@/components/units'
import { useWords, VerdictTag } from '@/components/verdict'
import { useLocale, useMessages } from '@/i18n'
import { AgentName } from './agent-name'
import type { Call } from './calls'
import { FindingCard } from './card'
import { messages } from './messages'
import { DONE, placeOf, type Reviewing } from './use-reviewing'

interface PanelProps {
  call: Call | undefined
  work: Reviewing
  onAssign: () => void
  onSettle: () => void
  onBack?: () => void
}

export function Panel({ call, work, onAssign, onSettle, onBack }: PanelProps) {
  const t = useMessages(messages)
  return (
    <section className="inbox-panel" aria-label={t.chosen}>
      {onBack && (
        <Button type="link" icon={<ArrowLeftOutlined />} onClick={onBack} className="inbox-back">
          {t.back}
        </Button>
      )}
      {call ? <Head call={call} work={work} onAssign={onAssign} /> : <Skeleton active title={false} />}
      <div className="inbox-cards">
        {work.problem && <ProblemAlert problem={work.problem} retry={work.retry} />}
        {!work.ready && !work.problem && <Skeleton active paragraph={{ rows: 6 }} />}
        {work.ready && work.items.length === 0 && (
          <Empty description={t.clean}>
            <span className="inbox-none">{t.cleanHint}</span>
          </Empty>
        )}
        {call && <Cards call={call} work={work} />}
        {work.at === DONE && <Done call={call} onSettle={onSettle} onNext={() => work.move(1)} />}
      </div>
    </section>
  )
}

function Cards({ call, work }: { call: Call; work: Reviewing }) {
  const can = useCan()
  const { report, items } = work
  const proofs = useMemo(
    () =>
      report &&
      new Map(items.map(({ key, finding }) => [key, proofOf(report, finding.rubric, finding.criterion)])),
    [report, items],
  )
  return items.map((item) => (
    <FindingCard
      key={item.key}
      callId={call.id}
      item={item}
      proof={proofs?.get(item.key)}
      playable={call.has_audio && can('audio.play')}
      current={item.key === work.at}
      form={item.key === work.at ? work.form : undefined}
      onChoose={() => work.pick(item.key)}
      onForm={work.setForm}
      onDecide={work.decide}
    />
  ))
}

function Head({ call, work, onAssign }: { call: Call; work: Reviewing; onAssign: () => void }) {
  const t = useMessages(messages)
  const words = useWords()
  const can = useCan()
  const me = useMe().person.id
  const { format } = useLocale()
  const done = work.items.filter((item) => item.decided).length
  return (
    <header className="inbox-head">
      <Flex gap={8} align="center" wrap>
        <VerdictTag verdict={call.verdict} />
        <h2>
          <AgentName call={call} />
        </h2>
        <span className="inbox-none">
          {call.team && <UnitName kind="team" id={call.team} />}{' '}
          {call.vendor && <UnitName kind="vendor" id={call.vendor} />}
        </span>
        <Flex gap={8} className="inbox-head-acts">
          {can('assign') && (
            <Button size="small" onClick={onAssign} aria-pressed={call.assigned_to === me}>
              {call.assigned_to === me ? t.takeBack : t.assignMe}
            </Button>
          )}
          <Link
            to="/calls/$callId"
            params={{ callId: call.id }}
            search={placeOf(work.item)}
            className="inbox-workbench"
          >
            {t.workbench}
          </Link>
        </Flex>
      </Flex>
      <Flex gap={12} align="center" wrap className="inbox-head-facts">
        <time dateTime={call.started}>{format.dateTime(call.started)}</time>
        {call.kind === 'chat' ? <span>{t.chat}</span> : <span>{format.clock(call.duration_s)}</span>}
        {call.direction && <span>{call.direction === 'inbound' ? t.inbound : t.outbound}</span>}
        {call.customer && <span>{call.customer}</span>}
        <span>{words(call.review_state)}</span>
        {call.assigned_to === me && <span>{t.assignedMe}</span>}
        {work.items.length > 0 && (
          <span className="inbox-done-of" aria-live="polite">
            <Progress
              type="circle"
              size={16}
              percent={(100 * done) / work.items.length}
              showInfo={false}
              aria-hidden
            />
            {t.decidedOf(done, work.items.length)}
          </span>
        )}
      </Flex>
    </header>
  )
}

function Done({
  call,
  onSettle,
  onNext,
}: {
  call: Call | undefined
  onSettle: () => void
  onNext: () => void
}) {
  const t = useMessages(messages)
  const can = useCan()
  const settled = call?.review_state === 'settled'
  return (
    <div className="inbox-done" role="status">
      <strong>{settled ? t.settled : t.done}</strong>
      <Flex gap={8} wrap>
        {can('assign') && !settled && (
          <Button type="primary" onClick={onSettle}>
            {t.settle}
          </Button>
        )}
        <Button onClick={onNext}>{t.next}</Button>
      </Flex>
    </div>
  )
}
