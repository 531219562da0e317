/** How often what a criterion raised was right, as people said. */
import { useQuery } from '@tanstack/react-query'
import { Empty, Progress, Table, type TableProps, Tag } from 'antd'
import { useMemo } from 'react'
import { alerts, type Precision } from '@/api/live'
import { useAddress } from '@/components/address'
import { CriterionTitle } from '@/components/criterion-title'
import { DayRange } from '@/components/day-range'
import { momentsOf } from '@/components/days'
import { ProblemAlert } from '@/components/problem'
import { useLocale } from '@/i18n'
import { usePageTexts } from './messages'
import { byDoubt, FEW, shareOf } from './share'

export function PrecisionTab() {
  const t = usePageTexts()
  const [{ from, to }, go] = useAddress()
  const span = momentsOf({ from, to })
  const list = useQuery({
    queryKey: ['alerts', 'precision', span],
    queryFn: () => alerts.precision(span),
    placeholderData: (before) => before,
  })
  const rows = useMemo(() => byDoubt(list.data ?? []), [list.data])
  const columns = useColumns()
  return (
    <>
      <p className="card-hint">{t.precisionHint}</p>
      <div style={{ marginBottom: 12 }}>
        <DayRange label={t.days} value={{ from, to }} onChange={({ from, to }) => go({ from, to })} />
      </div>
      {list.isError ? (
        <ProblemAlert problem={list.error} retry={() => list.refetch()} />
      ) : (
        <Table<Precision>
          rowKey={({ rubric, criterion }) => `${rubric}/${criterion}`}
          size="middle"
          loading={list.isPending}
          columns={columns}
          dataSource={rows}
          pagination={false}
          locale={{ emptyText: <Empty description={t.precisionEmpty} /> }}
        />
      )}
    </>
  )
}

function useColumns(): TableProps<Precision>['columns'] {
  const t = usePageTexts()
  const { format } = useLocale()
  const count = (title: string, of: (row: Precision) => number) => ({
    title,
    align: 'right' as const,
    render: (_: unknown, row: Precision) => format.number(of(row)),
  })
  return [
    {
      title: t.criterion,
      render: (_, { title, rubric, criterion }) => (
        <>
          <CriterionTitle rubric={rubric} criterion={criterion} title={title} />
          <br />
          <small className="alert-fine">{rubric}</small>
        </>
      ),
    },
    count(t.raised, ({ raised }) => raised),
    count(t.right, ({ right }) => right),
    count(t.wrong, ({ wrong }) => wrong),
    count(t.withdrawn, ({ withdrawn }) => withdrawn),
    count(t.unsaid, ({ raised, right, wrong }) => Math.max(0, raised - right - wrong)),
    {
      title: t.share,
      width: 170,
      render: (_, row) => {
        const share = shareOf(row)
        if (share === undefined) return <span className="alert-fine">{t.noFeedback}</span>
        const judged = row.right + row.wrong
        return (
          <>
            {t.shareOf(format.percent(share, 0), judged)} {judged < FEW && <Tag>{t.few}</Tag>}
            <Progress percent={share * 100} showInfo={false} size="small" aria-hidden />
          </>
        )
      },
    },
  ]
}
