/** What a backtest found: distributions, verdicts and criteria that flip with examples, agreement with people, agents. */
import { Link } from '@tanstack/react-router'
import { Alert, Card, Col, Flex, Row, Table, Typography } from 'antd'
import type { Schemas } from '@/api/client'
import { callName } from '@/components/call-name'
import { UnitName, useUnitWords } from '@/components/units'
import { VerdictTag } from '@/components/verdict'
import { useLocale, useMessages } from '@/i18n'
import { messages } from './messages'
import { Named, type NameOf } from './names'
import './backtest.css'

type Result = Schemas['BacktestResult']
type Distribution = Schemas['BacktestDistribution']
type Flip = Schemas['BacktestFlip']
type Agreement = Schemas['BacktestAgreement']

const judgedBy = ({ verdicts }: Distribution) => Object.values(verdicts).reduce((sum, n) => sum + n, 0)

export function BacktestShown({ result, nameOf }: { result: Result; nameOf: NameOf }) {
  const t = useMessages(messages)
  const { format } = useLocale()
  const judged = Math.max(judgedBy(result.before), judgedBy(result.after))
  const others = result.calls - judged
  return (
    <Flex vertical gap={16} data-testid="backtest-result" className="rubric-backtest">
      <div>
        <Typography.Title level={2} className="rubric-section">
          {t.movedCalls(format.number(result.moved), format.number(judged))}
        </Typography.Title>
        {others > 0 && (
          <Typography.Text type="secondary">{t.otherCalls(format.number(others))}</Typography.Text>
        )}
      </div>
      <Row gutter={[16, 16]}>
        <Col xs={24} lg={14}>
          <Card size="small" title={t.distribution}>
            <Bars before={result.before.scores} after={result.after.scores} />
          </Card>
        </Col>
        <Col xs={24} lg={10}>
          <Card size="small" title={t.verdicts}>
            <Compared before={result.before} after={result.after} />
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
      {result.flips.length > 0 && <Flips flips={result.flips} nameOf={nameOf} />}
      <Agreements result={result} nameOf={nameOf} />
      {result.agents.length > 0 && <Agents rows={result.agents} />}
    </Flex>
  )
}

function Bars({ before, after }: { before: number[]; after: number[] }) {
  const t = useMessages(messages)
  const { format } = useLocale()
  const most = Math.max(1, ...before, ...after)
  const range = (i: number) => `${i * 10}–${i * 10 + 10}`
  const told = (i: number) => `${range(i)}: ${before[i]} → ${after[i] ?? 0}`
  const bar = (n: number, looks: string) => (
    <span>
      {n > 0 && format.number(n)}
      {/* The number above it has its own place. */}
      <i className={looks} style={{ height: `calc((100% - 16px) * ${n / most})` }} />
    </span>
  )
  return (
    <>
      <div
        className="rubric-bars"
        role="img"
        aria-label={`${t.distribution}: ${before.map((_, i) => told(i)).join('; ')}`}
      >
        {before.map((n, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: ten fixed bins
          <div key={i} title={told(i)}>
            {bar(n, 'rubric-was')}
            {bar(after[i] ?? 0, 'rubric-is')}
          </div>
        ))}
        {before.map((_, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: ten fixed bins
          <small key={i}>{range(i)}</small>
        ))}
      </div>
      <Flex justify="center" gap={20} className="rubric-legend">
        <span>
          <i className="rubric-was" />
          {t.before}
        </span>
        <span>
          <i className="rubric-is" />
          {t.after}
        </span>
      </Flex>
    </>
  )
}

const VERDICTS = ['pass', 'fail', 'critical', 'undetermined', 'not_applicable']

/** Mean score and verdicts of both, side by side. */
function Compared({ before, after }: { before: Distribution; after: Distribution }) {
  const t = useMessages(messages)
  const { format } = useLocale()
  const mean = (value: number | null | undefined) => (value == null ? '—' : format.number(value, 1))
  const shown = VERDICTS.filter((verdict) => before.verdicts[verdict] || after.verdicts[verdict])
  return (
    <table className="rubric-compared">
      <thead>
        <tr>
          <td />
          <th scope="col">{t.before}</th>
          <th scope="col">{t.after}</th>
        </tr>
      </thead>
      <tbody>
        <tr>
          <th scope="row">{t.meanScore}</th>
          <td className="rubric-mean">{mean(before.mean)}</td>
          <td className="rubric-mean">{mean(after.mean)}</td>
        </tr>
        {shown.map((verdict) => (
          <tr key={verdict}>
            <th scope="row">
              <VerdictTag verdict={verdict} />
            </th>
            <td>{format.number(before.verdicts[verdict] ?? 0)}</td>
            <td>{format.number(after.verdicts[verdict] ?? 0)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
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

function Flips({ flips, nameOf }: { flips: Flip[]; nameOf: NameOf }) {
  const t = useMessages(messages)
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
              <Sample key={sample.call} sample={sample} />
            ))}
          </ul>
        ),
      }}
      columns={[
        { title: t.criteria, render: (_, { criterion }) => <Named of={criterion} nameOf={nameOf} /> },
        { title: t.before, render: (_, row) => side(row.from) },
        { title: t.after, render: (_, row) => side(row.to) },
        { title: t.flipCalls, dataIndex: 'calls', align: 'right' },
      ]}
    />
  )
}

/** A call that flips, by its agent and its time, at the words that decided it; an absence has none. */
function Sample({ sample }: { sample: Schemas['BacktestSample'] }) {
  const t = useMessages(messages)
  const words = useUnitWords()
  const { format } = useLocale()
  const { call, agent, started, quote, start_ms } = sample
  const at = quote && start_ms != null ? start_ms / 1000 : undefined
  return (
    <li>
      <Link to="/calls/$callId" params={{ callId: call }} search={at === undefined ? {} : { t: String(at) }}>
        {agent ? (
          <>
            {words.agent} <UnitName kind="agent" id={agent} />
          </>
        ) : (
          t.callNamed(callName(call))
        )}
        {started && ` · ${format.dateTime(started)}`}
        {at !== undefined && ` · ${format.precise(at)}`}
      </Link>{' '}
      {quote ? <q>{quote}</q> : t.noQuote}
    </li>
  )
}

function Agreements({ result, nameOf }: { result: Result; nameOf: NameOf }) {
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
        { title: t.criteria, render: (_, { criterion }) => <Named of={criterion} nameOf={nameOf} /> },
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
        { title: t.moved, dataIndex: 'moved', align: 'right' },
        { title: t.worse, dataIndex: 'worse', align: 'right' },
        { title: t.meanChange, align: 'right', render: (_, row) => format.number(row.mean_change, 1) },
      ]}
    />
  )
}
