/** Why files were not scored, and what is wrong with recordings. */
import { Link } from '@tanstack/react-router'
import { Card, Empty, Table, Typography } from 'antd'
import type { Schemas } from '@/api/client'
import { useTroubles } from '@/components/troubles'
import { useLocale, useMessages } from '@/i18n'
import { ledgerMessages } from '@/pages/ingest/ledger/messages'
import { remedyOf } from '@/pages/ingest/ledger/remedy'
import { messages } from './messages'
import { exampleOf } from './parts'

const WORDS = { skipped: 'skipped', failed: 'failed', quarantined: 'quarantined' } as const

export function Reasons({ reasons }: { reasons: Schemas['CoverageReason'][] }) {
  const t = useMessages(messages)
  const { format } = useLocale()
  const word = (state: string) => (state in WORDS ? t[state as keyof typeof WORDS] : state)
  return (
    <Card title={<h2>{t.reasons}</h2>} className="plain-card">
      <Table
        size="small"
        dataSource={reasons}
        rowKey={({ state, reason }) => `${state} ${reason}`}
        pagination={false}
        locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t.noReasons} /> }}
        columns={[
          { title: t.state, render: (_, { state }) => word(state), width: 110 },
          {
            title: t.reason,
            render: (_, one) => <Reason {...one} />,
          },
          { title: t.count, align: 'end', width: 80, render: (_, { files }) => format.number(files) },
          {
            title: '',
            width: 130,
            render: (_, { state }) => (
              <Link to="/ingest" search={{ state }}>
                {t.openLedger}
              </Link>
            ),
          },
        ]}
      />
    </Card>
  )
}

/** In the reader's language where what was said is known; the system's own words stand under it. */
function Reason({ state, reason, example }: Schemas['CoverageReason']) {
  const t = useMessages(messages)
  const remedies = useMessages(ledgerMessages)
  const remedy = remedyOf(state, reason)
  const { file, said } = exampleOf(example)
  return (
    <>
      {remedy ? remedies[remedy] : reason}
      <Typography.Text type="secondary" className="coverage-example">
        {file && t.exampleOf(file)}
        {remedy && said}
      </Typography.Text>
    </>
  )
}

export function Problems({ problems }: { problems: Schemas['ProblemCount'][] }) {
  const t = useMessages(messages)
  const { format } = useLocale()
  const troubles = useTroubles()
  return (
    <Card title={<h2>{t.problems}</h2>} className="plain-card">
      <Table
        size="small"
        dataSource={problems}
        rowKey={({ problem }) => problem}
        pagination={false}
        locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t.noProblems} /> }}
        columns={[
          {
            title: t.problem,
            render: (_, { problem }) => (
              <Link to="/inbox" search={{ problem, show: 'all' }}>
                {troubles(problem)}
              </Link>
            ),
          },
          { title: t.calls, align: 'end', render: (_, { calls }) => format.number(calls) },
          {
            title: t.ofThemUndetermined,
            align: 'end',
            render: (_, { undetermined }) => format.number(undetermined),
          },
        ]}
      />
    </Card>
  )
}
