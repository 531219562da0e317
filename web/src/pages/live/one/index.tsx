/** One call while it goes on: read along, listen, see what is raised, step in. */
import { useParams } from '@tanstack/react-router'
import { Empty, Skeleton } from 'antd'
import { useMemo } from 'react'
import { Problem } from '@/api/client'
import { type Alert, MODES } from '@/api/live'
import { useCan } from '@/app/session'
import { AlertCard } from '@/components/alerts/card'
import { useColours } from '@/components/colours'
import { Needs } from '@/components/needs'
import { ProblemPage } from '@/components/problem'
import { Talk } from '../talk'
import { useFeed } from '../use-feed'
import { useLiveCall } from '../use-live'
import { Criteria } from './criteria'
import { Ended } from './ended'
import { Head, Lines } from './head'
import { linesOf, merged } from './lines'
import { Listen } from './listen'
import { useCallTexts } from './messages'
import { Telephone } from './telephone'
import { Transcript } from './transcript'
import '@/components/call-head.css'
import '../live.css'

export function LiveCallPage() {
  const { callId } = useParams({ from: '/live/$callId' })
  return (
    <Needs action="live.read">
      <One key={callId} callId={callId} />
    </Needs>
  )
}

function One({ callId }: { callId: string }) {
  const can = useCan()
  const feed = useFeed(callId)
  const left = feed.gone.has(callId)
  const detail = useLiveCall(callId, left)
  const answered = detail.data
  // Its end may not have been told: then the service knows it no more.
  const gone = left || (detail.error instanceof Problem && detail.error.status === 404)
  const streamed = feed.calls.get(callId)
  const known = useMemo(
    () => streamed ?? (answered && { call: answered, at: detail.dataUpdatedAt }),
    [streamed, answered, detail.dataUpdatedAt],
  )
  const lines = useMemo(() => {
    const legs = new Map(known?.call.legs.map(({ leg, party }) => [leg, party]))
    const partials = feed.round > 0 || gone ? feed.partials : (answered?.partials ?? [])
    return linesOf(
      merged(answered?.utterances ?? [], feed.utterances),
      gone ? [] : partials,
      answered?.alerts ?? [],
      legs,
    )
  }, [known?.call.legs, feed.round, feed.partials, feed.utterances, gone, answered])
  const colours = useColours()
  // Whoever comes by a link after the end is led to the recording.
  if (!known && gone) return <Ended callId={callId} />
  if (!known && detail.isError) return <ProblemPage problem={detail.error} retry={() => detail.refetch()} />
  if (!known) return <Skeleton active paragraph={{ rows: 10 }} />
  const { call } = known
  return (
    <div className="live live-one" style={colours}>
      <Head known={known} ended={gone} />
      {gone && <Ended callId={callId} />}
      <div className="live-columns">
        <Transcript lines={lines} heardTo={call.heard_to_s} />
        <div className="live-side">
          <section className="panel live-panel live-first">
            <Talk call={call} ended={gone} />
            {!gone && <Lines call={call} />}
          </section>
          {can('live.listen') && !gone && <Listen callId={callId} />}
          <Raised alerts={answered?.alerts ?? []} />
          {!gone && MODES.some((mode) => can(`live.${mode}`)) && <Telephone call={call} />}
          <Criteria criteria={answered?.criteria ?? []} />
        </div>
      </div>
    </div>
  )
}

function Raised({ alerts }: { alerts: Alert[] }) {
  const t = useCallTexts()
  // What waits comes first, then the newest.
  const sorted = alerts.toSorted((a, b) => b.state.localeCompare(a.state) || b.at.localeCompare(a.at))
  return (
    <section className="panel live-panel" aria-label={t.alerts}>
      <div className="panel-head">
        <h2>{t.alerts}</h2>
      </div>
      {alerts.length === 0 && <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t.noAlerts} />}
      {sorted.map((alert) => (
        <AlertCard key={alert.alert_id} alert={alert} />
      ))}
    </section>
  )
}
