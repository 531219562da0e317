/** Coverage: what became of every file, so that nobody need wonder what was not looked at. */
import { CheckCircleOutlined, SyncOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Button, Card, Empty, Skeleton } from 'antd'
import { useMemo } from 'react'
import { api, data } from '@/api/client'
import { useAppearance } from '@/app/appearance'
import { DayRange } from '@/components/day-range'
import { momentsOf } from '@/components/days'
import { PageHead } from '@/components/page'
import { ProblemPage } from '@/components/problem'
import { useLocale, useMessages } from '@/i18n'
import { messages } from './messages'
import { type CallPart, type Coverage, callsOf, countOf, type FilePart, filesOf, lostOf } from './parts'
import { Split } from './split'
import { Problems, Reasons } from './tables'
import './coverage.css'

export function CoveragePage() {
  const t = useMessages(messages)
  const params = useSearch({ strict: false }) as Record<string, string | undefined>
  const navigate = useNavigate()
  const span = useMemo(() => momentsOf(params), [params])
  const dated = Object.keys(span).length > 0
  const coverage = useQuery({
    queryKey: ['stats', 'coverage', span],
    queryFn: () => data(api.GET('/api/v1/stats/coverage', { params: { query: span } })),
  })
  const go = (from: string | undefined, to: string | undefined) =>
    void navigate({ to: '/coverage', search: { ...(from && { from }), ...(to && { to }) } })
  return (
    <>
      <PageHead
        title={t.title}
        hint={t.hint}
        extra={
          <DayRange
            label={t.seen}
            value={{ from: params.from, to: params.to }}
            onChange={({ from, to }) => go(from, to)}
          />
        }
      />
      {coverage.isError && <ProblemPage problem={coverage.error} retry={() => coverage.refetch()} />}
      {coverage.isPending && <Skeleton active paragraph={{ rows: 10 }} />}
      {coverage.data?.files === 0 && (
        <Empty
          description={
            <>
              <b>{dated ? t.emptyDays : t.empty}</b>
              <br />
              {!dated && t.emptyHint}
            </>
          }
        >
          {dated ? (
            <Button onClick={() => go(undefined, undefined)}>{t.clearDays}</Button>
          ) : (
            <Link to="/ingest">{t.toIngest}</Link>
          )}
        </Empty>
      )}
      {coverage.data && coverage.data.files > 0 && <Covered coverage={coverage.data} whole={!dated} />}
    </>
  )
}

function Covered({ coverage, whole }: { coverage: Coverage; whole: boolean }) {
  const t = useMessages(messages)
  const { palette } = useAppearance()
  const files: Record<FilePart, string> = {
    done: palette.pass,
    underway: palette.agent,
    skipped: palette.silence,
    failed: palette.critical,
    quarantined: palette.fail,
  }
  const calls: Record<CallPart, string> = {
    scoredCalls: palette.pass,
    undetermined: palette.fail,
    notApplicable: palette.silence,
    deleted: palette.undetermined,
  }
  return (
    <div className="coverage">
      <Tiles coverage={coverage} />
      <div className="coverage-pair">
        <Card title={<h2>{t.filesTitle}</h2>} className="plain-card">
          <p className="card-hint">{t.filesHint}</p>
          <Split parts={filesOf(coverage)} to="/ingest" word={(name) => t[name]} colours={files} />
          <Sums coverage={coverage} whole={whole} />
        </Card>
        <Card title={<h2>{t.callsTitle}</h2>} className="plain-card">
          <p className="card-hint">{t.callsHint}</p>
          <Split parts={callsOf(coverage)} to="/inbox" word={(name) => t[name]} colours={calls} />
          <SumsOfCalls coverage={coverage} />
        </Card>
      </div>
      <Reasons reasons={coverage.reasons} />
      <Problems problems={coverage.problems} />
    </div>
  )
}

function Tiles({ coverage }: { coverage: Coverage }) {
  const t = useMessages(messages)
  const { format } = useLocale()
  const { calls, files } = coverage
  const share = (part: number, all: number) => (all > 0 ? format.percent(part / all) : '—')
  const lost = lostOf(coverage)
  const tiles: [string, number, string][] = [
    [t.files, files, t.size(format.bytes(coverage.bytes))],
    [t.transcribed, calls.transcribed, t.hours(format.number(calls.hours, 1))],
    [t.chats, calls.chats, t.chatsMore],
    [t.scored, calls.scored, t.scoredOf(share(calls.scored, calls.kept))],
    [t.lost, lost, t.lostOf(share(lost, files))],
  ]
  return (
    <dl className="tiles">
      {tiles.map(([name, count, more]) => (
        <div key={name} className="tile">
          <dt className="tile-name">{name}</dt>
          <dd className="tile-value">{format.number(count)}</dd>
          <dd className="tile-more">{more}</dd>
        </div>
      ))}
    </dl>
  )
}

/** The sum in words, and the ledger's own count beside it. */
function Sums({ coverage, whole }: { coverage: Coverage; whole: boolean }) {
  const t = useMessages(messages)
  const { format } = useLocale()
  const ledger = useQuery({
    queryKey: ['ledger', 'totals'],
    queryFn: () => data(api.GET('/api/v1/ledger/totals')),
    enabled: whole,
  })
  const parts = filesOf(coverage)
  const [done, underway, skipped, failed, quarantined] = parts.map(({ count }) => format.number(count)) as [
    string,
    string,
    string,
    string,
    string,
  ]
  const all = whole ? ledger.data?.all : undefined
  const same = countOf(parts) === coverage.files && (all === undefined || all === coverage.files)
  return (
    <p className="coverage-sum" data-same={same}>
      {same ? <CheckCircleOutlined /> : <SyncOutlined />}{' '}
      {t.sums(format.number(coverage.files), done, underway, skipped, failed, quarantined)}
      {all !== undefined && <span>{(same ? t.ledgerSame : t.ledgerOther)(format.number(all))}</span>}
    </p>
  )
}

function SumsOfCalls({ coverage }: { coverage: Coverage }) {
  const t = useMessages(messages)
  const { format } = useLocale()
  const { calls, by_state, reconciles } = coverage
  const share = calls.not_assessable
  return (
    <p className="coverage-sum" data-same={reconciles}>
      {reconciles ? <CheckCircleOutlined /> : <SyncOutlined />}{' '}
      {t.sumsCalls(
        format.number(by_state.done ?? 0),
        format.number(calls.kept),
        format.number(calls.deleted),
      )}
      {!reconciles && <span>{t.settling}</span>}
      {share?.share != null && (
        <span>
          {t.notAssessable(
            format.percent(share.share),
            format.percent(share.low),
            format.percent(share.high),
          )}
        </span>
      )}
    </p>
  )
}
