/** All of one row: what was written down, and its place in the chain. */
import { Descriptions } from 'antd'
import { useMessages } from '@/i18n'
import type { Row } from './csv'
import { messages } from './messages'

export function RowDetail({ row }: { row: Row }) {
  const t = useMessages(messages)
  return (
    <Descriptions
      column={1}
      size="small"
      items={[
        { label: t.when, children: row.at },
        { label: t.actor, children: row.actor },
        { label: t.action, children: row.action },
        {
          label: t.detail,
          children: <pre className="audit-detail">{JSON.stringify(row.detail, null, 2)}</pre>,
        },
        { label: t.hash, children: <code className="audit-hash">{row.hash}</code> },
        { label: t.prev, children: <code className="audit-hash">{row.prev}</code> },
      ]}
    />
  )
}
