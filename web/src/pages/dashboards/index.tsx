/** Dashboards: today, the chosen time, who keeps to the norm, how conversations are. */
import { Link } from '@tanstack/react-router'
import { Button, Empty } from 'antd'
import { useCan } from '@/app/session'
import { PageHead } from '@/components/page'
import { ProblemAlert } from '@/components/problem'
import { useLocale, useMessages } from '@/i18n'
import { RangeBar } from './bar'
import { ComplianceCard } from './compliance'
import { DistributionCard, MEASURES } from './distribution'
import { Glance } from './glance'
import { messages } from './messages'
import { Series } from './series'
import { useOverview, useParams, useRange } from './use-figures'
import './dashboards.css'

export function DashboardsPage() {
  const t = useMessages(messages)
  const { format } = useLocale()
  const { when, asked, today } = useRange()
  const overview = useOverview(asked)
  const now = useOverview(today)
  const empty = overview.data?.all === 0 && !overview.isPlaceholderData
  return (
    <>
      <PageHead title={t.title} hint={t.hint} />
      <RangeBar when={when} />
      {overview.isError && <ProblemAlert problem={overview.error} retry={() => overview.refetch()} />}
      {!overview.isError && (
        <div className="dashboard">
          {when !== 'today' && <Glance title={t.atGlance} figures={now.data} asked={today} />}
          {empty ? (
            <Nothing all={when === 'all'} />
          ) : (
            <>
              <Glance
                title={when === 'today' ? t.atGlance : format.named(t.inRange, t[when])}
                figures={overview.data}
                asked={asked}
              />
              <Series asked={asked} />
              <ComplianceCard asked={asked} />
              <div className="dashboard-pair">
                {MEASURES.map((measure) => (
                  <DistributionCard key={measure[0]} measure={measure} asked={asked} />
                ))}
              </div>
            </>
          )}
        </div>
      )}
    </>
  )
}

function Nothing({ all }: { all: boolean }) {
  const t = useMessages(messages)
  const can = useCan()
  const [, change] = useParams()
  return (
    <Empty
      description={
        <>
          <b>{all ? t.empty : t.nothing}</b>
          <br />
          {all ? t.emptyHint : t.nothingHint}
        </>
      }
    >
      {all && can('ledger.read') && <Link to="/ingest">{t.toIngest}</Link>}
      {!all && (
        <Button onClick={() => change({ when: 'all', from: undefined, to: undefined })}>{t.showAll}</Button>
      )}
    </Empty>
  )
}
