/** How many files are in which state, by source; each number lists its files. */
import { CheckCircleOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Alert, Button, Card, Skeleton, Table, type TableProps } from 'antd'
import { api, data } from '@/api/client'
import { useAddress } from '@/components/address'
import { ProblemAlert } from '@/components/problem'
import { useLocale, useMessages } from '@/i18n'
import { ledgerMessages } from './messages'
import { useSourceName } from './source'
import { FILE_STATES } from './states'
import { type Row, sumsOf } from './totals'
import './ledger.css'

/** Files that are seen or begun tell no event. */
const ASKED_MS = 10_000

export function Totals() {
  const t = useMessages(ledgerMessages)
  const { format } = useLocale()
  const totals = useQuery({
    queryKey: ['ledger', 'totals'],
    queryFn: () => data(api.GET('/api/v1/ledger/totals')),
    refetchInterval: ASKED_MS,
  })
  if (totals.isError) return <ProblemAlert problem={totals.error} retry={() => totals.refetch()} />
  if (!totals.data) return <Skeleton active paragraph={{ rows: 3 }} />
  const sums = sumsOf(totals.data)
  if (sums.sum.all === 0) return null
  return (
    <Card size="small" className="ledger-totals">
      <SumTable rows={sums.rows} sum={sums.sum} />
      {sums.agrees ? (
        <p className="ledger-agrees" data-testid="reconciled">
          <CheckCircleOutlined aria-hidden /> {t.reconciled(format.number(sums.sum.all))}
        </p>
      ) : (
        <Alert type="error" showIcon title={t.notReconciled} />
      )}
    </Card>
  )
}

function SumTable({ rows, sum }: { rows: Row[]; sum: Row }) {
  const t = useMessages(ledgerMessages)
  const { format } = useLocale()
  const name = useSourceName()
  const cell = (row: Row, state?: (typeof FILE_STATES)[number]) => (
    <Count row={row} state={state} isSum={row === sum} />
  )
  const columns: TableProps<Row>['columns'] = [
    { title: t.source, render: (_, row) => (row === sum ? t.all : name(row.source)) },
    ...FILE_STATES.map((state) => ({
      title: t[state],
      align: 'right' as const,
      render: (_: unknown, row: Row) => cell(row, state),
    })),
    { title: t.all, align: 'right', render: (_, row) => cell(row) },
    { title: t.bytes, align: 'right', render: (_, row) => format.bytes(row.bytes) },
  ]
  return (
    <Table
      rowKey="source"
      size="small"
      columns={columns}
      dataSource={rows.length > 1 ? [...rows, sum] : rows}
      rowClassName={(row) => (row === sum ? 'ledger-sum' : '')}
      pagination={false}
    />
  )
}

function Count({
  row,
  state,
  isSum,
}: {
  row: Row
  state: (typeof FILE_STATES)[number] | undefined
  isSum: boolean
}) {
  const t = useMessages(ledgerMessages)
  const { format } = useLocale()
  const name = useSourceName()
  const [address, go] = useAddress()
  const count = state ? row.files[state] : row.all
  if (count === 0) return <span className="ledger-none">0</span>
  const source = isSum ? undefined : row.source
  const isOn =
    address.state === state && (address.source ?? '') === (source ?? '') && Boolean(state || source)
  const what = `${isSum ? t.all : name(row.source)}, ${state ? t[state] : t.all}: ${count}`
  return (
    <Button
      type="link"
      size="small"
      className="ledger-count"
      aria-pressed={isOn}
      aria-label={what}
      onClick={() => go(isOn ? { state: undefined, source: undefined } : { state, source })}
    >
      {format.number(count)}
    </Button>
  )
}
