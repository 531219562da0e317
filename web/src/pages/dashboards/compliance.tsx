/** Courtesy compliance by unit, criterion or week, with how sure it is. */
import { Link, useNavigate } from '@tanstack/react-router'
import { Segmented, type TableColumnsType } from 'antd'
import { useCallback, useMemo } from 'react'
import { ChartCard } from '@/components/chart'
import type { Look } from '@/components/chart/option'
import { useTitles } from '@/components/titles'
import { useLocale, useMessages } from '@/i18n'
import { sharesOption } from './charts'
import { messages } from './messages'
import { BYS, type By, drawnOf, type Group, namesOf, opened } from './shape'
import { type Asked, useCompliance, useParams } from './use-figures'

const WORDS = {
  vendor: 'byVendor',
  team: 'byTeam',
  agent: 'byAgent',
  criterion: 'byCriterion',
  week: 'byWeek',
} as const

const NONE: Group[] = []

interface Named extends Group {
  called: string
}

export function ComplianceCard({ asked }: { asked: Asked }) {
  const t = useMessages(messages)
  const [params, change] = useParams()
  const navigate = useNavigate()
  const by = BYS.find((by) => by === params.by) ?? 'vendor'
  const answer = useCompliance(by, asked)
  const rows = useNamed(answer.data?.groups, by)
  const columns = useColumns(by)
  const option = useOption(by)
  const drawn = rows && drawnOf(rows, by).length
  return (
    <ChartCard
      title={t.compliance}
      hint={
        <>
          {t.complianceHint} {rows && drawn !== rows.length && t.worstFirst(drawn ?? 0, rows.length)}
          {answer.data?.truncated && ` ${t.truncated}`}
        </>
      }
      extra={
        <Segmented
          aria-label={t.by}
          value={by}
          options={BYS.map((by) => ({ value: by, label: t[WORDS[by]] }))}
          onChange={(by) => change({ by: by === 'vendor' ? undefined : by })}
        />
      }
      rows={rows}
      problem={answer.error}
      retry={() => answer.refetch()}
      columns={columns}
      rowKey={({ called }) => called}
      option={option}
      height={by === 'week' ? 280 : 44 + 30 * Math.max(2, drawn ?? 4)}
      onPick={({ filter }) => navigate({ to: '/inbox', search: opened(filter) })}
    />
  )
}

/** Those that are drawn come first, so that a bar's number is its row's. */
function useNamed(groups: Group[] | undefined, by: By): Named[] | undefined {
  const t = useMessages(messages)
  const { format } = useLocale()
  const titled = by === 'criterion' ? (groups ?? NONE) : NONE
  const titleOf = useTitles(titled.map(({ rubric, name }) => ({ rubric: rubric ?? '', title: name ?? '' })))
  return useMemo(() => {
    if (!groups) return undefined
    const drawn = drawnOf(groups, by)
    const all = [...drawn, ...groups.filter((group) => !drawn.includes(group))]
    if (by === 'week') {
      return all.map((group) => ({ ...group, called: group.key ? format.date(group.key) : t.unknown }))
    }
    const named = all.map((group) =>
      by === 'criterion' && group.rubric && group.key
        ? { ...group, name: titleOf(group.rubric, group.key, group.name ?? group.key) }
        : group,
    )
    const names = namesOf(named, t.unknown)
    return all.map((group, ix) => ({ ...group, called: names[ix]! }))
  }, [groups, by, format, t, titleOf])
}

function useOption(by: By) {
  const t = useMessages(messages)
  const { format } = useLocale()
  return useCallback(
    (look: Look, rows: Named[]) => {
      const shares = drawnOf(rows, by).map((group) => {
        const { share, low, high, of } = group.compliance
        return {
          name: (group as Named).called,
          share: share ?? 0,
          low,
          high,
          note: `${format.percent(share ?? 0)} · ${t.judged(format.number(of))}`,
          told: [
            `${t.share} ${format.percent(share ?? 0)}`,
            t.interval(format.percent(low), format.percent(high)),
            `${t.met} ${format.number(group.met)} · ${t.notMet} ${format.number(group.not_met)}`,
            `${t.calls} ${format.number(group.calls)}`,
          ],
        }
      })
      return sharesOption(
        look,
        shares,
        by === 'week',
        `${t.compliance}: ${t[WORDS[by]]}. ${t.complianceHint}`,
      )
    },
    [by, format, t],
  )
}

function useColumns(by: By): TableColumnsType<Named> {
  const t = useMessages(messages)
  const { format } = useLocale()
  const count = (title: string, of: (group: Named) => number) => ({
    title,
    align: 'end' as const,
    render: (_: unknown, group: Named) => format.number(of(group)),
  })
  return [
    {
      title: t[WORDS[by]],
      render: (_, { called, filter }) => (
        <Link to="/inbox" search={opened(filter)}>
          {by === 'week' ? t.weekOf(called) : called}
        </Link>
      ),
    },
    count(t.calls, ({ calls }) => calls),
    count(t.met, ({ met }) => met),
    count(t.notMet, ({ not_met }) => not_met),
    count(t.undetermined, ({ undetermined }) => undetermined),
    {
      title: t.share,
      align: 'end',
      render: (_, { compliance: { share } }) => (share == null ? '—' : format.percent(share)),
    },
    {
      title: t.ci,
      align: 'end',
      render: (_, { compliance: { share, low, high } }) =>
        share == null ? '—' : `${format.percent(low)} – ${format.percent(high)}`,
    },
    ...(by === 'agent'
      ? [
          {
            title: '',
            render: (_: unknown, { key }: Named) =>
              key && (
                <Link to="/agents/$agentId" params={{ agentId: key }}>
                  {t.agentPage}
                </Link>
              ),
          },
        ]
      : []),
  ]
}
