/** Holds: calls that must stay, and why. */
import { PlusOutlined } from '@ant-design/icons'
import { Button, Checkbox, Flex, type TableProps, Tag } from 'antd'
import { useState } from 'react'
import { api, data, type Schemas } from '@/api/client'
import { useAddress } from '@/components/address'
import { Listing, useListing } from '@/components/listing'
import { useLocale, useMessages } from '@/i18n'
import { ConditionsText } from './calls'
import { rowsOf } from './conditions'
import { HoldForm } from './hold-form'
import { messages } from './messages'
import { ReleaseForm } from './release-form'

export type Hold = Schemas['LegalHold']

export function HoldsTab() {
  const t = useMessages(messages)
  const [address, go] = useAddress()
  const released = address.released === 'yes'
  const [adding, setAdding] = useState(false)
  const [releasing, setReleasing] = useState<Hold>()
  const { list, pages } = useListing(['retention', 'holds', released], (cursor) =>
    data(api.GET('/api/v1/retention/holds', { params: { query: { released, cursor } } })),
  )
  const columns = useColumns(setReleasing)
  return (
    <>
      <Flex justify="space-between" align="center" gap={12} className="retention-head">
        <Checkbox
          checked={released}
          onChange={({ target }) => go({ released: target.checked ? 'yes' : undefined })}
        >
          {t.withReleased}
        </Checkbox>
        <Button type="primary" icon={<PlusOutlined />} onClick={() => setAdding(true)}>
          {t.addHold}
        </Button>
      </Flex>
      <Listing list={list} pages={pages} columns={columns} width={760} empty={t.noHolds} />
      <HoldForm open={adding} onClose={() => setAdding(false)} />
      <ReleaseForm hold={releasing} onClose={() => setReleasing(undefined)} />
    </>
  )
}

function useColumns(release: (hold: Hold) => void): TableProps<Hold>['columns'] {
  const t = useMessages(messages)
  const { format } = useLocale()
  return [
    { title: t.reason, dataIndex: 'reason' },
    { title: t.calls, render: (_, { calls }) => <HeldCalls calls={calls} /> },
    { title: t.count, width: 100, align: 'right', render: (_, { count }) => format.number(count) },
    { title: t.since, width: 150, render: (_, { created }) => format.dateTime(created) },
    {
      title: t.state,
      width: 150,
      render: (_, { released, release_reason }) =>
        released ? (
          <Tag title={`${format.dateTime(released)} ${release_reason ?? ''}`}>{t.released}</Tag>
        ) : (
          <Tag color="processing">{t.inForce}</Tag>
        ),
    },
    {
      width: 100,
      fixed: 'right',
      render: (_, hold) =>
        !hold.released && (
          <Button size="small" aria-label={`${t.release}: ${hold.reason}`} onClick={() => release(hold)}>
            {t.release}
          </Button>
        ),
    },
  ]
}

function HeldCalls({ calls }: { calls: Hold['calls'] }) {
  const t = useMessages(messages)
  const { format } = useLocale()
  const { call_id, failed, from, to, of } = calls
  const others = [
    call_id && `${t.callId} ${call_id}`,
    failed && `${t.failedCriterion} ${failed}`,
    from && `${t.from} ${format.dateTime(from)}`,
    to && `${t.to} ${format.dateTime(to)}`,
  ].filter(Boolean)
  const rows = rowsOf(of)
  return (
    <Flex wrap gap={4}>
      {others.map((text) => (
        <Tag key={text} className="retention-tag">
          {text}
        </Tag>
      ))}
      {(rows.length > 0 || others.length === 0) && <ConditionsText rows={rows} />}
    </Flex>
  )
}
