/** An agent's page: how it goes over weeks, beside the team, and the calls to learn from. `me` is one's own. */
import { useQuery } from '@tanstack/react-query'
import { Link, useParams as usePath } from '@tanstack/react-router'
import { Button, Empty, Result, Skeleton } from 'antd'
import { useMemo } from 'react'
import { api, data, type Schemas } from '@/api/client'
import { ownAgent } from '@/app/own-agent'
import { useMe } from '@/app/session'
import { PageHead } from '@/components/page'
import { ProblemPage } from '@/components/problem'
import { UnitName, useUnitWords } from '@/components/units'
import { useLocale, useMessages } from '@/i18n'
import { RangeBar } from '@/pages/dashboards/bar'
import { offsetMin, spanOf, whenOf } from '@/pages/dashboards/range'
import { opened } from '@/pages/dashboards/shape'
import { useParams } from '@/pages/dashboards/use-figures'
import { CallList } from './calls'
import { Criteria } from './criteria'
import { messages } from './messages'
import { Weeks } from './weeks'
import '../dashboards/dashboards.css'
import './agent.css'

type Figures = Schemas['AgentFigures']

export function AgentPage() {
  const t = useMessages(messages)
  const me = useMe()
  const { agentId } = usePath({ strict: false })
  const agent = agentId === 'me' ? ownAgent(me) : agentId
  if (!agent) return <Result status="info" title={t.notOne} subTitle={t.notOneHint} />
  return <Agent id={agent} own={agent === ownAgent(me)} />
}

/** The service counts all weeks unless it is told which. */
const USUAL = 'all'

function Agent({ id, own }: { id: string; own: boolean }) {
  const t = useMessages(messages)
  const words = useUnitWords()
  const [params, change] = useParams()
  const when = whenOf(params) ?? USUAL
  const span = useMemo(() => spanOf(when, params, new Date()), [when, params])
  const query = { ...span, offset_min: offsetMin() }
  const answer = useQuery({
    // Which moment "today" began does not change from one drawing to the next.
    queryKey: ['stats', 'agent', id, query],
    queryFn: () =>
      data(api.GET('/api/v1/stats/agents/{agent_id}', { params: { path: { agent_id: id }, query } })),
  })
  if (answer.isError) return <ProblemPage problem={answer.error} retry={() => answer.refetch()} />
  const figures = answer.data
  const name = figures?.name ?? id
  // A number alone is no heading.
  const called = name === id ? `${words.agent} ${id}` : name
  const asked = { agent: id, ...span }
  return (
    <>
      <PageHead
        title={own ? `${t.own} · ${name}` : called}
        hint={
          <>
            {name !== id && `${id} · `}
            {figures?.team ? (
              <>
                {t.team} <UnitName kind="team" id={figures.team} />
              </>
            ) : (
              t.title
            )}
          </>
        }
        extra={
          <Link to="/inbox" search={opened(asked)}>
            {t.allCalls}
          </Link>
        }
      />
      <RangeBar when={when} units={false} />
      {!figures && <Skeleton active paragraph={{ rows: 10 }} />}
      {figures?.calls === 0 && (
        <Empty description={t.nothing}>
          <Button onClick={() => change({ when: 'all', from: undefined, to: undefined })}>{t.showAll}</Button>
        </Empty>
      )}
      {figures && figures.calls > 0 && (
        <div className="dashboard">
          <Tiles figures={figures} />
          <Weeks weeks={figures.weeks} asked={asked} />
          <Criteria criteria={figures.criteria} asked={asked} />
          <div className="dashboard-pair">
            <CallList title={t.best} calls={figures.best} none={t.noBest} />
            <CallList title={t.worst} calls={figures.worst} none={t.noWorst} />
          </div>
        </div>
      )}
    </>
  )
}

function Tiles({ figures }: { figures: Figures }) {
  const t = useMessages(messages)
  const { format } = useLocale()
  const { share, low, high } = figures.findings.compliance
  const tiles: [string, string, string][] = [
    [t.calls, format.number(figures.calls), t.hours(format.number(figures.hours, 1))],
    [t.score, figures.score_mean == null ? '—' : format.number(figures.score_mean, 1), ''],
    [
      t.compliance,
      share == null ? '—' : format.percent(share),
      share == null ? t.noShare : t.interval(format.percent(low), format.percent(high)),
    ],
  ]
  return (
    <div className="tiles">
      {tiles.map(([name, value, more]) => (
        <div className="tile" key={name}>
          <span className="tile-name">{name}</span>
          <strong className="tile-value">{value}</strong>
          <span className="tile-more">{more}</span>
        </div>
      ))}
    </div>
  )
}
