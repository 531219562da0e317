/** What a backtest found: distributions, verdicts and criteria that flip with examples, agreement with people, agents. */
import { Link } from '@tanstack/react-router'
import { Alert, Card, Col, Flex, Row, Statistic, Table, Typography } from 'antd'
import type { Schemas } from '@/api/client'
import { UnitName } from '@/components/units'
import { VerdictTag } from '@/components/verdict'
import { useLocale, useMessages } from '@/i18n'
import { messages } from './messages'
import './read.css'

type Result = Schemas['BacktestResult']
type Flip = Schemas['BacktestFlip']
type Agreement = Schemas['BacktestAgreement']

export function BacktestShown({ result }: { result: Result }) {
  const t = useMessages(messages)
  const { format } = useLocale()
  const mean = (value: number | null | undefined) => (value == null ? '—' : format.number(value, 1))
  return (
    <Flex vertical gap={16} data-testid="backtest-result">
      <Typography.Title level={3} style={{ margin: 0 }}>
        {t.movedCalls(format.number(result.moved), format.number(result.calls))}
      </Typography.Title>
      <Row gutter={[16, 16]}>
        <Col xs={24} lg={14}>
          <Card size="small" title={t.distribution}>
            <Bars before={result.before.scores} after={result.after.scores} />
          </Card>
        </Col>
        <Col xs={12} lg={5}>
          <Card size="small" title={t.before}>
            <Statistic title={t.meanScore} value={mean(result.before.mean)} />
            <Verdicts verdicts={result.before.verdicts} />
          </Card>
        </Col>
        <Col xs={12} lg={5}>
          <Card size="small" title={t.after}>
            <Statistic title={t.meanScore} value={mean(result.after.mean)} />
            <Verdicts verdicts={result.after.verdicts} />
          </Card>
        </Col>
      </Row>
      {(['unmatched', 'masked', 'broken'] as const).map(
        (left) =>
          result[left] > 0 && (
            <Alert key={left} type="info" showIcon title={t[left](format.number(result[left]))} />
          ),
      )}
      {result.moved === 0 && result.flips.length === 0 && (
        <Alert type="success" showIcon title={t.nothingMoved} />
      )}
      {result.verdicts.length > 0 && <Moved rows={result.verdicts} />}
      {result.flips.length > 0 && <Flips flips={result.flips} />}
      <Agreements result={result} />
      {result.agents.length > 0 && <Agents rows={result.agents} />}
    </Flex>
  )
}

function Bars({ before, after }: { before: number[]; after: number[] }) {
  const t = useMessages(messages)
  const most = Math.max(1, ...before, ...after)
  const height = (n: number) => ({ height: `${(100 * n) / most}%` })
  const label = before.map((n, i) => `${i * 10}–${i * 10 + 10}: ${n} → ${after[i] ?? 0}`).join('; ')
  return (
    <>
      <div className="rubric-bars" role="img" aria-label={`${t.distribution}: ${label}`}>
        {before.map((n, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: ten fixed bins
          <div key={i} title={`${i * 10}–${i * 10 + 10}: ${n} → ${after[i] ?? 0}`}>
            <i style={height(n)} />
            <i style={height(after[i] ?? 0)} />
          </div>
        ))}
      </div>
      <Flex justify="space-between">
        <Typography.Text type="secondary">0</Typography.Text>
        <Typography.Text type="secondary">
          ▇ {t.before} · <span style={{ color: 'var(--ant-color-primary)' }}>▇</span> {t.after}
        </Typography.Text>
        <Typography.Text type="secondary">100</Typography.Text>
      </Flex>
    </>
  )
}

function Verdicts({ verdicts }: { verdicts: Record<string, number> }) {
  const { format } = useLocale()
  return Object.entries(verdicts).map(([verdict, n]) => (
    <Flex key={verdict} justify="space-between" style={{ padding: '3px 0' }}>
      <VerdictTag verdict={verdict} />
      {format.number(n)}
    </Flex>
  ))
}

function Moved({ rows }: { rows: Schemas['BacktestMoved'][] }) {
  const t = useMessages(messages)
  return (
    <Table
      size="small"
      rowKey={(row) => row.from + row.to}
      title={() => <strong>{t.verdictsMoved}</strong>}
      dataSource={rows}
      pagination={false}
      columns={[
        { title: t.before, render: (_, row) => <VerdictTag verdict={row.from} /> },
        { title: t.after, render: (_, row) => <VerdictTag verdict={row.to} /> },
        { title: t.flipCalls, dataIndex: 'calls', align: 'right' },
      ]}
    />
  )
}

function Flips({ flips }: { flips: Flip[] }) {
  const t = useMessages(messages)
  const { format } = useLocale()
  const side = (verdict: string | null | undefined) =>
    verdict ? <VerdictTag verdict={verdict} /> : t.notThere
  return (
    <Table<Flip>
      size="small"
      rowKey={(row) => `${row.criterion}:${row.from}:${row.to}`}
      title={() => <strong>{t.flips}</strong>}
      dataSource={flips}
      pagination={{ pageSize: 20, hideOnSinglePage: true }}
      expandable={{
        rowExpandable: (row) => row.samples.length > 0,
        expandedRowRender: (row) => (
          <ul className="rubric-evidence">
            {row.samples.map((sample) => (
              <li key={sample.call}>
                <Link
                  to="/calls/$callId"
                  params={{ callId: sample.call }}
                  search={sample.start_ms == null ? {} : { t: String(sample.start_ms / 1000) }}
                >
                  {sample.start_ms == null ? sample.call : format.precise(sample.start_ms / 1000)}
                </Link>{' '}
                {sample.quote && <q>{sample.quote}</q>}
              </li>
            ))}
          </ul>
        ),
      }}
      columns={[
        { title: t.criteria, dataIndex: 'criterion' },
        { title: t.before, render: (_, row) => side(row.from) },
        { title: t.after, render: (_, row) => side(row.to) },
        { title: t.flipCalls, dataIndex: 'calls', align: 'right' },
      ]}
    />
  )
}

function Agreements({ result }: { result: Result }) {
  const t = useMessages(messages)
  const { format } = useLocale()
  const rows = result.criteria.filter(({ before, after }) => before || after)
  if (rows.length === 0) return null
  const share = (value: number | null | undefined) => (value == null ? '—' : format.percent(value))
  const both =
    (of: (agreement: Agreement) => number | null | undefined) => (_: unknown, row: (typeof rows)[number]) =>
      `${share(row.before && of(row.before))} → ${share(row.after && of(row.after))}`
  return (
    <Table
      size="small"
      rowKey="criterion"
      title={() => <strong>{t.agreement}</strong>}
      dataSource={rows}
      pagination={{ pageSize: 20, hideOnSinglePage: true }}
      columns={[
        { title: t.criteria, dataIndex: 'criterion' },
        { title: t.decided, align: 'right', render: (_, row) => row.after?.decided ?? row.before?.decided },
        { title: t.precision, align: 'right', render: both((one) => one.precision) },
        { title: t.recall, align: 'right', render: both((one) => one.recall) },
      ]}
    />
  )
}

function Agents({ rows }: { rows: Schemas['BacktestAgent'][] }) {
  const t = useMessages(messages)
  const { format } = useLocale()
  return (
    <Table
      size="small"
      rowKey="agent"
      title={() => <strong>{t.agents}</strong>}
      dataSource={rows}
      pagination={false}
      columns={[
        { title: t.agent, render: (_, row) => <UnitName kind="agent" id={row.agent} /> },
        { title: t.calls, dataIndex: 'calls', align: 'right' },
        { title: t.flipCalls, dataIndex: 'moved', align: 'right' },
        { title: t.worse, dataIndex: 'worse', align: 'right' },
        { title: t.meanChange, align: 'right', render: (_, row) => format.number(row.mean_change, 1) },
      ]}
    />
  )
}
