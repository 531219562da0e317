/** What rules would delete now. Looking deletes nothing. */

import { DeleteOutlined, ReloadOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Alert, Button, Card, Empty, Flex, Skeleton, Space, Table, type TableProps, Typography } from 'antd'
import { useState } from 'react'
import { api, data, type Schemas } from '@/api/client'
import { callName } from '@/components/call-name'
import { ProblemAlert } from '@/components/problem'
import { UnitName, useUnitWords } from '@/components/units'
import { useLocale, useMessages } from '@/i18n'
import { ConditionsText } from './calls'
import { rowsOf } from './conditions'
import { messages } from './messages'
import { useGoes } from './rules'
import { LastRun } from './run'
import { RunForm } from './run-form'

type DueCall = Schemas['DueCall']

export function DueTab() {
  const due = useQuery({
    queryKey: ['retention', 'due'],
    queryFn: () => data(api.GET('/api/v1/retention/due')),
    // What is confirmed is what is seen: it is not changed under the reader.
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnMount: 'always',
  })
  return (
    <div className="retention-due">
      <LastRun />
      {due.isError && <ProblemAlert problem={due.error} retry={() => due.refetch()} />}
      {due.isPending && <Skeleton active />}
      {due.data && <Due due={due.data} look={() => due.refetch()} looking={due.isFetching} />}
    </div>
  )
}

interface DueProps {
  due: Schemas['RetentionDue']
  look: () => unknown
  looking: boolean
}

function Due({ due, look, looking }: DueProps) {
  const t = useMessages(messages)
  const { format } = useLocale()
  const [asking, setAsking] = useState(false)
  const isSome = due.calls > 0
  return (
    <>
      <Flex justify="space-between" align="flex-start" gap={12} wrap>
        <div>
          <Typography.Title level={2}>
            {isSome ? t.dueNow(format.number(due.calls)) : t.nothingDue}
          </Typography.Title>
          <Typography.Text type="secondary">
            {isSome ? t.dueAt(format.dateTime(due.at)) : t.nothingDueTold}
          </Typography.Text>
        </div>
        <Space>
          <Button icon={<ReloadOutlined />} loading={looking} onClick={look}>
            {t.look}
          </Button>
          {isSome && (
            <Button danger icon={<DeleteOutlined />} onClick={() => setAsking(true)}>
              {t.run}
            </Button>
          )}
        </Space>
      </Flex>
      {due.more && <Alert type="warning" showIcon title={t.dueMore} />}
      {due.rules.map((of) => (
        <RuleDue key={of.rule.id} of={of} />
      ))}
      <RunForm due={asking ? due : undefined} onClose={() => setAsking(false)} />
    </>
  )
}

function RuleDue({ of }: { of: Schemas['RuleDue'] }) {
  const t = useMessages(messages)
  const { format } = useLocale()
  const goes = useGoes()
  const { rule, calls, held, bytes, bytes_of } = of
  const size = format.bytes(bytes)
  return (
    <Card
      size="small"
      title={rule.name}
      extra={`${goes(rule.goes)} · ${t.days(format.number(rule.after_days))}`}
    >
      <div className="retention-figures">
        <strong>{t.dueCalls(format.number(calls))}</strong>
        {calls > 0 && (
          <span>{bytes_of < calls ? t.bytesOf(size, format.number(bytes_of)) : t.bytes(size)}</span>
        )}
        {held > 0 && <span>{t.held(format.number(held))}</span>}
        <ConditionsText rows={rowsOf(rule.of)} />
      </div>
      {calls > 0 && <Sample calls={of.sample} />}
    </Card>
  )
}

function Sample({ calls }: { calls: DueCall[] }) {
  const t = useMessages(messages)
  const { format } = useLocale()
  const words = useUnitWords()
  const columns: TableProps<DueCall>['columns'] = [
    {
      title: t.call,
      render: (_, { id, external_id }) => (
        <Link to="/calls/$callId" params={{ callId: id }}>
          {callName(external_id)}
        </Link>
      ),
    },
    { title: t.started, render: (_, { started }) => format.dateTime(started) },
    { title: t.length, align: 'right', render: (_, { duration_s }) => format.clock(duration_s) },
    { title: words.client, render: (_, { client }) => <UnitName kind="client" id={client} /> },
    { title: words.agent, render: (_, { agent }) => <UnitName kind="agent" id={agent} /> },
  ]
  return (
    <>
      <Typography.Text type="secondary">{t.sample}</Typography.Text>
      <Table
        rowKey="id"
        size="small"
        columns={columns}
        dataSource={calls}
        pagination={false}
        scroll={{ x: 560 }}
        locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} /> }}
      />
    </>
  )
}
