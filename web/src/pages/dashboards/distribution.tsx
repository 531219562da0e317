/** How a measure is spread over calls. */
import { Link, useNavigate } from '@tanstack/react-router'
import type { TableColumnsType } from 'antd'
import { useCallback, useMemo } from 'react'
import { ChartCard } from '@/components/chart'
import type { Look } from '@/components/chart/option'
import { useLocale, useMessages } from '@/i18n'
import { binsOption } from './charts'
import { messages } from './messages'
import { type Bin, opened, trimmed } from './shape'
import { type Asked, useDistribution } from './use-figures'

/** What is shown, its words, and digits after the point. */
export const MEASURES = [
  ['dead_air_s', 'dead_air_s', 'unitSeconds', 0],
  ['overtalk_s', 'overtalk_s', 'unitSeconds', 0],
  ['rate_per_min', 'rate_per_min', 'unitRate', 0],
  ['score', 'scoreMeasure', 'unitPoints', 0],
] as const

interface Props {
  measure: (typeof MEASURES)[number]
  asked: Asked
}

export function DistributionCard({ measure: [measure, word, unit, digits], asked }: Props) {
  const t = useMessages(messages)
  const { format } = useLocale()
  const navigate = useNavigate()
  const answer = useDistribution(measure, asked)
  const all = answer.data?.all
  const rows = useMemo(() => all && trimmed(all.bins), [all])
  const short = useCallback(
    ({ from, to }: Bin) =>
      to == null
        ? `≥ ${format.number(from, digits)}`
        : `${format.number(from, digits)}–${format.number(to, digits)}`,
    [format, digits],
  )
  const name = useCallback(
    ({ from, to }: Bin) => {
      const text = (value: number) => format.number(value, digits)
      return `${to == null ? t.fromOn(text(from)) : t.from(text(from), text(to))} ${t[unit]}`
    },
    [format, digits, t, unit],
  )
  const option = useCallback(
    (look: Look, bins: Bin[]) =>
      binsOption(
        look,
        bins.map((bin) => ({
          name: name(bin),
          short: short(bin),
          calls: bin.calls,
          told: `${t.calls} ${format.number(bin.calls)}`,
        })),
        { across: t[unit], up: t.calls },
        t[word],
      ),
    [name, short, format, t, word, unit],
  )
  const columns: TableColumnsType<Bin> = [
    {
      title: t.bin,
      render: (_, bin) => (
        <Link to="/inbox" search={opened(bin.filter)}>
          {name(bin)}
        </Link>
      ),
    },
    { title: t.calls, align: 'end', render: (_, { calls }) => format.number(calls) },
  ]
  const { p50, p90 } = all?.quantiles ?? {}
  return (
    <ChartCard
      title={t[word]}
      hint={
        p50 !== undefined &&
        p90 !== undefined &&
        t.quantiles(format.number(p50, 1), format.number(p90, 1), t[unit])
      }
      rows={rows}
      problem={answer.error}
      retry={() => answer.refetch()}
      columns={columns}
      rowKey={({ from }) => String(from)}
      option={option}
      height={220}
      onPick={({ filter }) => navigate({ to: '/inbox', search: opened(filter) })}
    />
  )
}
