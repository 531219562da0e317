/** A call on the wall: whose it is, how long it goes on, who talks, what was said last, what was raised. */
import { AlertFilled, ClockCircleOutlined } from '@ant-design/icons'
import { Link } from '@tanstack/react-router'
import { memo, type Ref } from 'react'
import { AlertTitle } from '@/components/alerts/title'
import { useNow } from '@/components/now'
import { UnitName } from '@/components/units'
import { useLocale } from '@/i18n'
import { elapsed, type Known } from '../feed'
import { useLiveTexts } from '../messages'
import { StateTag, Supervisors } from '../state-tag'
import { Talk } from '../talk'
import { lateness } from './ranking'

interface Props {
  known: Known
  index: number
  start: number
  ref: Ref<HTMLLIElement>
}

export const WallRow = memo(function WallRow({ known, index, start, ref }: Props) {
  const t = useLiveTexts()
  const { format } = useLocale()
  const { call } = known
  const late = lateness(call.lag_ms)
  const units = (['team', 'vendor', 'queue'] as const).filter((kind) => call[kind])
  return (
    <li
      ref={ref}
      data-index={index}
      className="wall-row"
      data-call={call.call_id}
      data-alerts={call.alerts_open > 0}
      style={{ transform: `translateY(${start}px)` }}
    >
      <Link
        to="/live/$callId"
        params={{ callId: call.call_id }}
        className="wall-card"
        aria-label={t.open(call.agent_id ?? t.unknownAgent)}
      >
        <div className="wall-who">
          <strong>{call.agent_id ? <UnitName kind="agent" id={call.agent_id} /> : t.unknownAgent}</strong>
          <span className="wall-units">
            {units.map((kind) => (
              <UnitName key={kind} kind={kind} id={call[kind]} />
            ))}
          </span>
        </div>
        <div className="wall-time">
          <Timer known={known} />
          <StateTag state={call.state} />
          {late !== 'fine' && (
            <span className="wall-late" data-late={late}>
              <ClockCircleOutlined aria-hidden /> {t.behind(format.number(call.lag_ms / 1000))}
            </span>
          )}
        </div>
        <Talk call={call} />
        <div className="wall-said" data-party={call.last?.party}>
          {call.last ? (
            <>
              <b>{call.last.party === 'agent' ? t.agent : t.customer}</b> {call.last.text}
            </>
          ) : (
            <span className="wall-nothing">{t.nothingSaid}</span>
          )}
          <Supervisors names={call.supervisors.map(({ name }) => name)} />
        </div>
        <div className="wall-alerts">
          <span className="wall-harm" title={t.harmHint} data-level={harmLevel(call.harm)}>
            {t.harm(call.harm)}
          </span>
          {call.alerts_open > 0 && (
            <span className="wall-alert">
              <AlertFilled aria-hidden />{' '}
              <span>
                <b>{t.alertsN(call.alerts_open)}</b>
                {call.alert_worst && (
                  <span className="wall-worst">
                    <AlertTitle {...call.alert_worst} />
                  </span>
                )}
              </span>
            </span>
          )}
        </div>
      </Link>
    </li>
  )
})

const harmLevel = (harm: number) => (harm >= 700 ? 'high' : harm >= 300 ? 'middle' : 'low')

function Timer({ known }: { known: Known }) {
  const { format } = useLocale()
  const now = useNow()
  return <time className="wall-timer">{format.clock(elapsed(known, now))}</time>
}
