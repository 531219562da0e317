/** Which call it is, whose, how long it goes on, who else is on it; and the pause for card data. */
import { ArrowLeftOutlined, LockOutlined, UnlockOutlined } from '@ant-design/icons'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { App, Button, Tooltip } from 'antd'
import { type LiveCall, live, type Mode } from '@/api/live'
import { useCan, useMe } from '@/app/session'
import { useNow } from '@/components/now'
import { UnitName, useUnitWords } from '@/components/units'
import { useWords } from '@/components/verdict'
import { useLocale } from '@/i18n'
import { elapsed, type Known } from '../feed'
import { useLiveTexts } from '../messages'
import { StateTag } from '../state-tag'
import { useCallTexts } from './messages'

const UNITS = ['queue', 'team', 'project', 'vendor', 'client'] as const

export function Head({ known, ended }: { known: Pick<Known, 'call' | 'at'>; ended: boolean }) {
  const t = useCallTexts()
  const live = useLiveTexts()
  const words = useUnitWords()
  const can = useCan()
  const { call } = known
  const units = UNITS.filter((kind) => call[kind])
  return (
    <header className="call-head live-head">
      <Link to="/live" aria-label={t.back} title={t.back} className="call-back">
        <ArrowLeftOutlined />
      </Link>
      <div className="call-name">
        <h1>
          {call.agent_id ? (
            <>
              {words.agent} <UnitName kind="agent" id={call.agent_id} />
            </>
          ) : (
            live.unknownAgent
          )}
        </h1>
        {!ended && <StateTag state={call.state} />}
        <Timer known={known} ended={ended} />
        <span className="wall-harm" title={live.harmHint}>
          {live.harm(call.harm)}
        </span>
      </div>
      <div className="call-facts">
        {(call.direction === 'inbound' || call.direction === 'outbound') && (
          <span>{live[call.direction]}</span>
        )}
        {units.map((kind) => (
          <UnitName key={kind} kind={kind} id={call[kind]} />
        ))}
        <Others call={call} />
        <AudioLost call={call} />
      </div>
      <div className="call-actions">
        {can('live.pause') && !ended && call.state !== 'ending' && <Pause call={call} />}
      </div>
    </header>
  )
}

function Timer({ known, ended }: { known: Pick<Known, 'call' | 'at'>; ended: boolean }) {
  const { format } = useLocale()
  const now = useNow()
  return (
    <time className="wall-timer">{format.clock(ended ? known.call.elapsed_s : elapsed(known, now))}</time>
  )
}

function Others({ call }: { call: LiveCall }) {
  const t = useCallTexts()
  const words = useLiveTexts()
  const me = useMe().person.id
  const { format, language } = useLocale()
  const wayOf = (mode: string) => (mode in words ? words[mode as Mode] : mode)
  const listed = new Intl.ListFormat(language)
  if (call.supervisors.length === 0) return null
  return (
    <span className="live-others">
      {t.others(
        listed.format(
          call.supervisors.map(
            ({ person, name, mode, since }) =>
              `${person === me ? t.you : name} (${wayOf(mode)} ${t.since(format.time(since))})`,
          ),
        ),
      )}
    </span>
  )
}

/** What the disk had no room for. */
function AudioLost({ call }: { call: LiveCall }) {
  const t = useCallTexts()
  const { format } = useLocale()
  if (call.lost_s <= 0) return null
  return (
    <span role="alert" className="live-failed">
      {t.audioLost(format.number(Math.ceil(call.lost_s)))}
    </span>
  )
}

/** While card data is given, nothing is kept. */
function Pause({ call }: { call: LiveCall }) {
  const t = useCallTexts()
  const client = useQueryClient()
  const { message } = App.useApp()
  const paused = call.state === 'paused'
  const turn = useMutation({
    mutationFn: () => (paused ? live.resume(call.call_id) : live.pause(call.call_id, t.pauseReason)),
    onSuccess: () => client.invalidateQueries({ queryKey: ['live', 'call', call.call_id] }),
    onError: (problem) => void message.error(problem.message),
  })
  return (
    <Tooltip title={paused ? undefined : t.pauseHint}>
      <Button
        icon={paused ? <UnlockOutlined /> : <LockOutlined />}
        type={paused ? 'primary' : 'default'}
        loading={turn.isPending}
        onClick={() => turn.mutate()}
      >
        {paused ? t.resume : t.pause}
      </Button>
    </Tooltip>
  )
}

/** How good the line of each leg is. */
export function Lines({ call }: { call: LiveCall }) {
  const t = useCallTexts()
  const words = useWords()
  const { format } = useLocale()
  return (
    <dl className="live-line-state">
      {call.legs.map(({ leg, party, lost_share, jitter_ms }) => (
        <div key={leg}>
          <dt>{t.line(words(party))}</dt>
          <dd>
            {t.lost(format.percent(lost_share))} · {t.jitter(format.number(jitter_ms))}
          </dd>
        </div>
      ))}
    </dl>
  )
}
