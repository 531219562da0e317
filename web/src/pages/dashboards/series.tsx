/** Calls over time by verdict. */
import { Link, useNavigate } from '@tanstack/react-router'
import type { TableColumnsType } from 'antd'
import { useCallback, useMemo } from 'react'
import type { Schemas } from '@/api/client'
import { ChartCard } from '@/components/chart'
import type { Look } from '@/components/chart/option'
import { useLocale, useMessages } from '@/i18n'
import { stackOption } from './charts'
import { messages } from './messages'
import { opened } from './shape'
import { type Asked, useOverview } from './use-figures'

type Point = Schemas['OverviewPoint']

const VERDICTS = [
  ['pass', 'verdictPass', 'pass', 'plain'],
  ['fail', 'verdictFail', 'fail', 'slanted'],
  ['critical', 'verdictCritical', 'critical', 'crossed'],
  ['undetermined', 'verdictUndetermined', 'undetermined', 'dotted'],
  ['not_applicable', 'verdictNA', 'silence', 'plain'],
] as const

const LENGTH_MS: Record<string, number> = { hour: 3_600_000, day: 86_400_000, week: 604_800_000 }

/** What lists the calls of one stretch, within the time that was asked for. */
export function stretch(asked: Asked, begin: string, every: string) {
  const end = new Date(Date.parse(begin) + (LENGTH_MS[every] ?? 0)).toISOString()
  const from = asked.from && Date.parse(asked.from) > Date.parse(begin) ? asked.from : begin
  const to = asked.to && Date.parse(asked.to) < Date.parse(end) ? asked.to : end
  return opened({ ...asked, from, to })
}

export function Series({ asked }: { asked: Asked }) {
  const t = useMessages(messages)
  const { format } = useLocale()
  const navigate = useNavigate()
  const overview = useOverview(asked)
  const every = overview.data?.every ?? 'day'
  const name = useCallback(
    (begin: string) => (every === 'hour' ? format.time(begin) : format.date(begin)),
    [every, format],
  )
  const shown = useMemo(
    () => VERDICTS.filter(([verdict]) => (overview.data?.verdicts[verdict] ?? 0) > 0),
    [overview.data],
  )
  const option = useCallback(
    (look: Look, points: Point[]) =>
      stackOption(
        look,
        points.map(({ begin }) => name(begin)),
        shown.map(([verdict, text, colour, pattern]) => ({
          name: t[text],
          color: look.palette[colour],
          pattern,
          values: points.map(({ verdicts }) => verdicts[verdict] ?? 0),
        })),
        t.seriesHint,
      ),
    [name, shown, t],
  )
  const columns: TableColumnsType<Point> = [
    {
      title: t.begin,
      render: (_, { begin }) => (
        <Link to="/inbox" search={stretch(asked, begin, every)}>
          {name(begin)}
        </Link>
      ),
    },
    { title: t.calls, align: 'end', render: (_, { all }) => format.number(all) },
    ...shown.map(([verdict, text]) => ({
      title: t[text],
      align: 'end' as const,
      render: (_: unknown, { verdicts }: Point) => format.number(verdicts[verdict] ?? 0),
    })),
  ]
  return (
    <ChartCard
      title={t.series}
      hint={t.seriesHint}
      rows={overview.data?.series}
      problem={overview.error}
      retry={() => overview.refetch()}
      columns={columns}
      rowKey={({ begin }) => begin}
      option={option}
      height={260}
      onPick={({ begin }) => navigate({ to: '/inbox', search: stretch(asked, begin, every) })}
    />
  )
}
