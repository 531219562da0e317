/** A chart in a card, with the same figures as a table for whoever reads those better. */
import { BarChartOutlined, TableOutlined } from '@ant-design/icons'
import { Button, Card, Empty, Skeleton, Table, type TableColumnsType, theme } from 'antd'
import { lazy, type ReactNode, Suspense, useMemo, useState } from 'react'
import { useAppearance } from '@/app/appearance'
import { defineMessages, useMessages } from '@/i18n'
import { ProblemAlert } from '../problem'
import type { Look, Option } from './option'
import './chart.css'

const Canvas = lazy(() => import('./canvas'))

const messages = defineMessages({
  zh: {
    table: '表格',
    chart: '图表',
    asTable: (what: string) => `${what}：以表格查看`,
    asChart: (what: string) => `${what}：以图表查看`,
    none: '这段时间里没有数据',
  },
  en: {
    table: 'Table',
    chart: 'Chart',
    asTable: (what: string) => `${what}: show as a table`,
    asChart: (what: string) => `${what}: show as a chart`,
    none: 'There is nothing in this time',
  },
})

/** Rows over which a table is drawn in part only. */
const VIRTUAL = 200

interface Props<Row extends object> {
  title: string
  hint?: ReactNode
  extra?: ReactNode
  /** Undefined while they are waited for. */
  rows: Row[] | undefined
  problem?: Error | null
  retry?: () => void
  columns: TableColumnsType<Row>
  rowKey: (row: Row) => string
  option: (look: Look, rows: Row[]) => Option
  height: number
  /** Opens what a category stands for. */
  onPick?: (row: Row) => void
}

export function useLook(): Look {
  const { palette } = useAppearance()
  const { token } = theme.useToken()
  return useMemo(
    () => ({
      palette,
      text: token.colorText,
      dim: token.colorTextSecondary,
      ground: token.colorBgElevated,
      stroke: token.colorBgContainer,
      font: token.fontFamily,
    }),
    [palette, token],
  )
}

export function ChartCard<Row extends object>(props: Props<Row>) {
  const { title, hint, extra, rows, problem, retry } = props
  const t = useMessages(messages)
  const [table, setTable] = useState(false)
  return (
    <Card
      className="chart-card"
      title={<h2>{title}</h2>}
      extra={
        <div className="chart-extra">
          {extra}
          <Button
            type="text"
            icon={table ? <BarChartOutlined /> : <TableOutlined />}
            aria-label={table ? t.asChart(title) : t.asTable(title)}
            onClick={() => setTable(!table)}
          >
            {table ? t.chart : t.table}
          </Button>
        </div>
      }
    >
      {hint && <p className="chart-hint">{hint}</p>}
      {problem && <ProblemAlert problem={problem} {...(retry && { retry })} />}
      {!problem && !rows && <Skeleton active paragraph={{ rows: 5 }} title={false} />}
      {rows?.length === 0 && <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t.none} />}
      {rows &&
        rows.length > 0 &&
        (table ? <Figures {...props} rows={rows} /> : <Drawn {...props} rows={rows} />)}
    </Card>
  )
}

function Drawn<Row extends object>({ rows, option, height, onPick }: Props<Row> & { rows: Row[] }) {
  const look = useLook()
  const drawn = useMemo(() => option(look, rows), [option, look, rows])
  const pick = onPick && ((category: number) => rows[category] && onPick(rows[category]))
  return (
    <Suspense fallback={<Skeleton active paragraph={{ rows: 5 }} title={false} />}>
      <Canvas option={drawn} height={height} onPick={pick} />
    </Suspense>
  )
}

function Figures<Row extends object>({ rows, columns, rowKey }: Props<Row> & { rows: Row[] }) {
  const many = rows.length > VIRTUAL
  return (
    <Table
      size="small"
      dataSource={rows}
      columns={columns}
      rowKey={rowKey}
      pagination={false}
      virtual={many}
      scroll={many ? { y: 480, x: 'max-content' } : { x: 'max-content' }}
    />
  )
}
