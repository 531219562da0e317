/** One call in the list: how it came out, the finding to look at first, whose call it was, how far its review is. */
import { UserOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Checkbox } from 'antd'
import type { CSSProperties, KeyboardEvent, MouseEvent } from 'react'
import { useCan, useMe } from '@/app/session'
import { CriterionTitle } from '@/components/criterion-title'
import { PlayButton, pieceAt } from '@/components/player'
import type { Held } from '@/components/review/held'
import { decisionsQuery, findingsQuery } from '@/components/review/queries'
import { useReviewers } from '@/components/review/reviewers'
import { UnitName } from '@/components/units'
import { useWords, VerdictTag } from '@/components/verdict'
import { useLocale, useMessages } from '@/i18n'
import { AgentName } from './agent-name'
import type { Row } from './calls'
import { messages } from './messages'
import { itemsOf, openCount } from './worklist'

/** Longer ago than this, the day says more. */
const AGO_MS = 7 * 86_400_000

interface RowProps {
  row: Row
  held: readonly Held[]
  active: boolean
  ticked: boolean
  tickable: boolean
  onChoose: () => void
  onOpen: () => void
  onTick: (stretch: boolean) => void
  style: CSSProperties
}

/** Counted here as soon as the call's findings are known; before that, as the service counted. */
function useOpenCount(row: Row, held: readonly Held[]): number | undefined {
  const findings = useQuery({ ...findingsQuery(row.id), enabled: false })
  const decisions = useQuery({ ...decisionsQuery(row.id), enabled: false })
  if (findings.data && decisions.data) {
    return openCount(itemsOf(row.id, findings.data, decisions.data, held))
  }
  if (row.open_violations === undefined) return undefined
  return row.open_violations + (row.open_undetermined ?? 0)
}

export function CallRow(props: RowProps) {
  const { row, active, ticked, tickable, onChoose, onOpen, onTick, style } = props
  const t = useMessages(messages)
  const { format } = useLocale()
  const name = `${row.agent ?? row.external_id} ${format.dateTime(row.started)}`
  const keyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter') return
    event.preventDefault()
    onOpen()
  }
  const click = (event: MouseEvent) => {
    if (event.shiftKey && tickable) onTick(true)
    else onChoose()
  }
  return (
    <li className="inbox-row" data-active={active} data-call={row.id} style={style}>
      {tickable && (
        <Checkbox
          checked={ticked}
          aria-label={t.tick(name)}
          onClick={(event) => onTick(event.shiftKey)}
          className="inbox-row-tick"
        />
      )}
      <div className="inbox-row-body">
        <div className="inbox-line">
          <VerdictTag verdict={row.verdict} />
          <Risk risk={row.risk} />
          <button
            type="button"
            className="inbox-row-open"
            aria-label={t.openCall(name)}
            aria-current={active}
            onClick={click}
            onDoubleClick={onOpen}
            onKeyDown={keyDown}
          >
            <AgentName call={row} />
          </button>
          <time dateTime={row.started} title={format.dateTime(row.started)} className="inbox-ago">
            {Date.now() - Date.parse(row.started) < AGO_MS
              ? format.ago(row.started)
              : format.date(row.started)}
          </time>
        </div>
        <WorstLine row={row} />
        <Facts row={row} held={props.held} />
      </div>
    </li>
  )
}

function Risk({ risk }: { risk: number }) {
  const t = useMessages(messages)
  const level = risk >= 700 ? 'high' : risk >= 300 ? 'middle' : 'low'
  return (
    <span className="inbox-risk" data-level={level} title={t.riskIs(risk)}>
      <meter min={0} max={1000} value={risk} aria-label={t.riskIs(risk)} />
      {risk}
    </span>
  )
}

function WorstLine({ row }: { row: Row }) {
  const t = useMessages(messages)
  const can = useCan()
  const { format } = useLocale()
  const { worst } = row
  if (!worst) return <div className="inbox-line inbox-worst inbox-none">{t.nothingWrong}</div>
  const placed = worst.start_s !== undefined && worst.start_s !== null
  return (
    <div className="inbox-line inbox-worst">
      <span className="inbox-quote" title={worst.quote ?? undefined}>
        <b>
          <CriterionTitle {...worst} />
        </b>
        {worst.quote ? <q>{worst.quote}</q> : <span className="inbox-none">{t.noQuote}</span>}
      </span>
      {placed && row.has_audio && can('audio.play') && (
        <PlayButton
          piece={pieceAt(row.id, worst.start_s!, worst.end_s)}
          at={worst.start_s!}
          type="text"
          tabIndex={-1}
        >
          {format.clock(worst.start_s!)}
        </PlayButton>
      )}
    </div>
  )
}

function Facts({ row, held }: { row: Row; held: readonly Held[] }) {
  const t = useMessages(messages)
  const words = useWords()
  const me = useMe().person.id
  const reviewers = useReviewers()
  const { format } = useLocale()
  const open = useOpenCount(row, held)
  const language = row.language.startsWith('zh') ? t.zhLanguage : t.enLanguage
  const known = row.language.startsWith('zh') || row.language.startsWith('en')
  return (
    <div className="inbox-line inbox-facts">
      <span className="inbox-units">
        {row.vendor && <UnitName kind="vendor" id={row.vendor} />}
        {row.team && <UnitName kind="team" id={row.team} />}
        <span>{row.kind === 'chat' ? t.chat : format.clock(row.duration_s)}</span>
        <span>{known ? language : row.language}</span>
      </span>
      {row.assigned_to && (
        <span className="inbox-who">
          <UserOutlined aria-hidden />{' '}
          {row.assigned_to === me ? t.me : (reviewers.get(row.assigned_to) ?? t.somebody)}
        </span>
      )}
      {row.review_state !== 'open' && <span>{words(row.review_state)}</span>}
      {open !== undefined && (
        <span className="inbox-open" data-open={open > 0}>
          {open > 0 ? t.openItems(open) : t.noneOpen}
        </span>
      )}
    </div>
  )
}
