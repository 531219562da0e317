/** Which call it is, whose, how its review stands, and what can be done with it. */

import { ArrowLeftOutlined, LinkOutlined, LockOutlined, MoreOutlined } from '@ant-design/icons'
import { Link } from '@tanstack/react-router'
import { App, Button, Dropdown, type MenuProps, Tag, Tooltip } from 'antd'
import type { ReactNode } from 'react'
import { audioOf } from '@/api/audio'
import type { Schemas } from '@/api/client'
import { useCan, useMe } from '@/app/session'
import { callName } from '@/components/call-name'
import { useReview } from '@/components/review/decide'
import { UNIT_KINDS, UnitName } from '@/components/units'
import { useWords, VerdictTag } from '@/components/verdict'
import { useLocale } from '@/i18n'
import { useHeadTexts } from './head-messages'
import type { Named } from './logic/marks'

interface Props {
  call: Schemas['CallWithScorecards']
  chosen: Named | undefined
  onShare: () => void
  onReveal: (() => void) | undefined
}

export function CallHead({ call, chosen, onShare, onReveal }: Props) {
  const t = useHeadTexts()
  const { format } = useLocale()
  const facts: ReactNode[] = [
    call.direction && t[call.direction as 'inbound' | 'outbound'],
    format.dateTime(call.started),
    call.duration_s > 0 && format.clock(call.duration_s),
    ...UNIT_KINDS.toReversed()
      .filter((kind) => call[kind])
      .map((kind) => (
        <span key={kind}>
          {kind === 'agent' && `${t.agent} `}
          <UnitName kind={kind} id={call[kind]} />
        </span>
      )),
    call.customer,
  ].filter(Boolean)
  return (
    <header className="call-head">
      <Link to="/inbox" aria-label={t.back} title={t.back} className="call-back">
        <ArrowLeftOutlined />
      </Link>
      <div className="call-name">
        <h1>
          {call.kind === 'chat' ? t.chat : t.call} {callName(call.external_id)}
        </h1>
        <VerdictTag verdict={call.verdict} />
        <Tooltip title={t.riskHint}>
          <span className="call-risk">
            {t.risk} {call.risk}
          </span>
        </Tooltip>
        {call.held && <Tag icon={<LockOutlined />}>{t.held}</Tag>}
      </div>
      <div className="call-facts">
        {facts.map((fact, ix) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: facts of a call never change places
          <span key={ix}>{fact}</span>
        ))}
      </div>
      <div className="call-actions">
        <ReviewState call={call} />
        <Tooltip title={`${t.share} (Y)`}>
          <Button icon={<LinkOutlined />} aria-label={t.share} onClick={onShare} />
        </Tooltip>
        <More call={call} chosen={chosen} onReveal={onReveal} />
      </div>
    </header>
  )
}

function ReviewState({ call }: { call: Schemas['CallWithScorecards'] }) {
  const t = useHeadTexts()
  const words = useWords()
  const me = useMe()
  const can = useCan()
  const { message } = App.useApp()
  const review = useReview(call.id)
  const mine = call.assigned_to === me.person.id
  const settled = call.review_state === 'settled'
  const put = (state: string, assigned_to: string | null | undefined) =>
    review.mutate({ state, assigned_to }, { onError: (problem) => void message.error(problem.message) })
  return (
    <>
      <Tag data-testid="review-state" color={settled ? 'success' : undefined}>
        {words(call.review_state)}
        {!settled && call.assigned_to && ` · ${mine ? t.mine : t.others}`}
      </Tag>
      {can('assign') && !settled && !mine && (
        <Button
          loading={review.isPending}
          onClick={() => put(call.review_state === 'open' ? 'in_review' : call.review_state, me.person.id)}
        >
          {t.takeIt}
        </Button>
      )}
      {can('assign') && !settled && (
        <Button type="primary" loading={review.isPending} onClick={() => put('settled', call.assigned_to)}>
          {t.settle}
        </Button>
      )}
      {can('assign') && settled && (
        <Button loading={review.isPending} onClick={() => put('in_review', call.assigned_to)}>
          {t.reopen}
        </Button>
      )}
    </>
  )
}

function More({ call, chosen, onReveal }: Omit<Props, 'onShare'>) {
  const t = useHeadTexts()
  const can = useCan()
  const items: MenuProps['items'] = [
    call.agent && {
      key: 'agent',
      label: (
        <Link to="/search" search={{ agent: call.agent }}>
          {t.sameAgent}
        </Link>
      ),
    },
    chosen && {
      key: 'criterion',
      label: (
        <Link to="/search" search={{ failed: chosen.criterion }}>
          {t.sameCriterion}
        </Link>
      ),
    },
    { type: 'divider' as const },
    call.has_audio &&
      can('audio.play') && {
        key: 'audio',
        label: (
          <a href={audioOf(call.id)} download={`${call.external_id}.wav`}>
            {t.downloadAudio}
          </a>
        ),
      },
    {
      key: 'report',
      label: (
        <a href={`/api/v1/calls/${encodeURIComponent(call.id)}/report`} download={`${call.external_id}.json`}>
          {t.downloadReport}
        </a>
      ),
    },
    onReveal && { key: 'reveal', label: t.reveal, onClick: onReveal },
  ].filter((item) => item !== null && item !== undefined && item !== false && item !== '')
  return (
    <Dropdown trigger={['click']} menu={{ items }}>
      <Button icon={<MoreOutlined />} aria-label={t.more} />
    </Dropdown>
  )
}
