/** Files on their way, the newest first: how far each is, what can be done with it, and what became of it. */
import { Button, Flex, Grid, Progress, Space, Table, type TableProps, Typography } from 'antd'
import { Problem } from '@/api/client'
import { useLocale, useMessages } from '@/i18n'
import { NoFacts } from './facts'
import { uploadMessages } from './messages'
import { Outcome } from './outcome'
import { clearSent, drop, type Item, pause, resume, useQueue } from './queue'

export function UploadList() {
  const t = useMessages(uploadMessages)
  const items = useQueue()
  const columns = useColumns()
  if (items.length === 0) return null
  return (
    <section>
      <Flex justify="space-between" align="center" className="upload-list-head">
        <Typography.Title level={2}>{t.list}</Typography.Title>
        {items.some(({ state }) => state === 'sent') && (
          <Button type="text" onClick={clearSent}>
            {t.clearSent}
          </Button>
        )}
      </Flex>
      <Table
        rowKey="key"
        size="middle"
        columns={columns}
        dataSource={items.toReversed()}
        pagination={{ pageSize: 50, hideOnSinglePage: true, showSizeChanger: false }}
      />
    </section>
  )
}

/** Where there is little room, size and result stand below the name, and what can be done below the progress. */
function useColumns(): TableProps<Item>['columns'] {
  const t = useMessages(uploadMessages)
  const { format } = useLocale()
  const wide = Grid.useBreakpoint().lg ?? false
  if (wide)
    return [
      { title: t.file, render: (_, { name }) => <span className="upload-name">{name}</span> },
      { title: t.size, width: 100, align: 'right', render: (_, { size }) => format.bytes(size) },
      { title: t.progress, width: 190, render: (_, item) => <HowFar item={item} /> },
      { title: t.result, render: (_, item) => item.entry && <Outcome entry={item.entry} /> },
      { title: t.actions, width: 150, render: (_, item) => <Actions item={item} /> },
    ]
  return [
    {
      title: t.file,
      render: (_, { name, size, entry }) => (
        <>
          <div className="upload-name">{name}</div>
          <div className="upload-state">{format.bytes(size)}</div>
          {entry && <Outcome entry={entry} />}
        </>
      ),
    },
    {
      title: t.progress,
      width: '45%',
      render: (_, item) => (
        <>
          <HowFar item={item} />
          <Actions item={item} />
        </>
      ),
    },
  ]
}

function HowFar({ item }: { item: Item }) {
  const t = useMessages(uploadMessages)
  const { format } = useLocale()
  const { name, size, state, sent, problem } = item
  if (state === 'sent') return t.sent
  const status = state === 'failed' ? 'exception' : state === 'sending' ? 'active' : 'normal'
  return (
    <div>
      <Progress percent={Math.floor((100 * sent) / size)} status={status} size="small" aria-label={name} />
      <span className="upload-state">{problem ? format.named(t[state], why(problem, t)) : t[state]}</span>
    </div>
  )
}

/** A full disk is the administrator's to mend, and the file is still here: what to do next is told. */
function why(problem: Error, t: (typeof uploadMessages)['zh']): string {
  if (problem instanceof NoFacts) return t.badSidecar
  if (!(problem instanceof Problem)) return problem.message
  return problem.status === 507 ? t.notKept : (problem.detail ?? problem.message)
}

function Actions({ item }: { item: Item }) {
  const t = useMessages(uploadMessages)
  const { key, state } = item
  return (
    <Space size={4} wrap>
      {(state === 'sending' || state === 'waiting') && (
        <Button size="small" onClick={() => pause(key)}>
          {t.pause}
        </Button>
      )}
      {(state === 'paused' || state === 'failed') && (
        <Button size="small" type="primary" ghost onClick={() => resume(key)}>
          {state === 'paused' ? t.resume : t.again}
        </Button>
      )}
      <Button size="small" type="text" onClick={() => void drop(key)}>
        {t.dropIt}
      </Button>
    </Space>
  )
}
