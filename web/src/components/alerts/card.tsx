/** One alert: how grave, what, the words that raised it, and what can be done. */
import { ArrowUpOutlined, CheckCircleOutlined, RollbackOutlined, UserOutlined } from '@ant-design/icons'
import type { Alert } from '@/api/live'
import { useCan, useMe } from '@/app/session'
import { UnitName } from '@/components/units'
import { SeverityTag } from '@/components/verdict'
import { useLocale } from '@/i18n'
import { Acknowledge, Feedback, ToCall } from './actions'
import { useAlertTexts } from './messages'
import { AlertTitle } from './title'
import { useWall } from './use-alerts'
import './alerts.css'

interface Props {
  alert: Alert
  /** Leads to the call; not where one is at it. */
  goes?: boolean
  onGo?: () => void
}

export function AlertCard({ alert, goes, onGo }: Props) {
  const can = useCan()
  return (
    <article
      className="alert-card"
      data-state={alert.state}
      data-severity={alert.severity}
      data-alert={alert.alert_id}
    >
      <header>
        <SeverityTag severity={alert.severity} />
        <b>
          <AlertTitle {...alert} />
        </b>
        <AlertTime alert={alert} />
      </header>
      <AlertQuote alert={alert} />
      {goes && <AlertAgent alert={alert} />}
      <AlertState alert={alert} />
      <footer>
        {can('alerts.settle') && alert.state === 'open' && <Acknowledge alert={alert} />}
        {goes && <ToCall alert={alert} onGo={onGo} />}
        {can('alerts.settle') && <Feedback alert={alert} />}
      </footer>
    </article>
  )
}

function AlertTime({ alert }: { alert: Alert }) {
  const { format } = useLocale()
  return (
    <time dateTime={alert.at} title={format.dateTime(alert.at)}>
      {format.time(alert.at)}
    </time>
  )
}

export function AlertQuote({ alert }: { alert: Alert }) {
  const t = useAlertTexts()
  return alert.quote ? (
    <q className="alert-quote">{alert.quote}</q>
  ) : (
    <p className="alert-fine">{t.noQuote}</p>
  )
}

/** Whose call it is, while it goes on: alerts themselves do not tell. */
export function AlertAgent({ alert }: { alert: Alert }) {
  const wall = useWall()
  const agent = wall.data?.calls.find(({ call_id }) => call_id === alert.call_id)?.agent_id
  if (!agent) return null
  return (
    <p className="alert-fine">
      <UserOutlined aria-hidden /> <UnitName kind="agent" id={agent} />
    </p>
  )
}

/** Who took it on, whether it went higher, what was said of it. */
export function AlertState({ alert }: { alert: Alert }) {
  const t = useAlertTexts()
  const me = useMe().person.id
  const { format } = useLocale()
  const held = (why: string) => (why in t ? t[why as 'budget'] : t.heldBack(why))
  const against = (why: string | null | undefined) =>
    why === 'met' ? t.isMet : why === 'undetermined' ? t.isUnsure : t.isNone
  const said = alert.right ? t.wasRight : t.wasWrong
  const who = alert.acknowledged_by === me ? t.you : t.somebody
  return (
    <>
      {alert.acknowledged_at && (
        <p className="alert-fine">
          <CheckCircleOutlined aria-hidden /> {t.acknowledgedAt(who, format.time(alert.acknowledged_at))}
        </p>
      )}
      {alert.withdrawn_at && (
        <p className="alert-fine alert-withdrawn">
          <RollbackOutlined aria-hidden /> {t.withdrawn(against(alert.withdrawn_why))}
        </p>
      )}
      {alert.held_back && <p className="alert-fine">{held(alert.held_back)}</p>}
      {alert.escalated_at && (
        <p className="alert-fine alert-escalated">
          <ArrowUpOutlined aria-hidden /> {t.escalated(format.time(alert.escalated_at))}
        </p>
      )}
      {alert.right != null && <p className="alert-fine">{alert.note ? t.because(said, alert.note) : said}</p>}
    </>
  )
}
