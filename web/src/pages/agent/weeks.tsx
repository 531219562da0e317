/** Mean score, week by week. */
import { Link, useNavigate } from '@tanstack/react-router'
import type { TableColumnsType } from 'antd'
import { useCallback } from 'react'
import type { Schemas } from '@/api/client'
import { ChartCard } from '@/components/chart'
import { categoryAxis, frameOf, type Look, type Option, tip, valueAxis } from '@/components/chart/option'
import { useLocale, useMessages } from '@/i18n'
import { stretch } from '@/pages/dashboards/series'
import type { Asked } from '@/pages/dashboards/use-figures'
import { messages } from './messages'

type Week = Schemas['AgentWeek']

interface Line {
  name: string
  score: number | null
  told: string[]
}

function lineOption(look: Look, weeks: Line[], description: string): Option {
  const frame = frameOf(look, description)
  return {
    ...frame,
    tooltip: {
      ...frame.tooltip,
      formatter: (points: unknown) => {
        const { dataIndex } = (points as { dataIndex: number }[])[0]!
        return tip(weeks[dataIndex]!.name, weeks[dataIndex]!.told)
      },
    },
    grid: { left: 40, right: 20, top: 24, bottom: 28 },
    xAxis: categoryAxis(
      look,
      weeks.map(({ name }) => name),
    ),
    yAxis: { ...valueAxis(look), min: 0, max: 100 },
    series: [
      {
        type: 'line',
        data: weeks.map(({ score }) => score),
        symbolSize: 9,
        lineStyle: { width: 2.5 },
        itemStyle: { color: look.palette.agent },
        label: { show: true, color: look.text, formatter: ({ value }) => String(Math.round(Number(value))) },
      },
    ],
  }
}

export function Weeks({ weeks, asked }: { weeks: Week[]; asked: Asked }) {
  const t = useMessages(messages)
  const { format } = useLocale()
  const navigate = useNavigate()
  const score = useCallback(
    (week: Week) => (week.score_mean == null ? '—' : format.number(week.score_mean, 1)),
    [format],
  )
  const option = useCallback(
    (look: Look, rows: Week[]) =>
      lineOption(
        look,
        rows.map((week) => ({
          name: format.date(week.begin),
          score: week.score_mean ?? null,
          told: [`${t.score} ${score(week)}`, `${t.calls} ${format.number(week.calls)}`],
        })),
        t.weeks,
      ),
    [format, score, t],
  )
  const columns: TableColumnsType<Week> = [
    {
      title: t.week,
      render: (_, { begin }) => (
        <Link to="/inbox" search={stretch(asked, begin, 'week')}>
          {format.date(begin)}
        </Link>
      ),
    },
    { title: t.score, align: 'end', render: (_, week) => score(week) },
    { title: t.calls, align: 'end', render: (_, { calls }) => format.number(calls) },
  ]
  return (
    <ChartCard
      title={t.weeks}
      hint={t.weeksHint}
      rows={weeks}
      columns={columns}
      rowKey={({ begin }) => begin}
      option={option}
      height={230}
      onPick={({ begin }) => navigate({ to: '/inbox', search: stretch(asked, begin, 'week') })}
    />
  )
}
