/** The audit log: who did what, when; whether it is whole; and a copy to keep. */
import { Button, type TableProps } from 'antd'
import { api, data } from '@/api/client'
import { useAddress } from '@/components/address'
import { Listing, useListing } from '@/components/listing'
import { Needs } from '@/components/needs'
import { PageHead } from '@/components/page'
import { useLocale, useMessages } from '@/i18n'
import type { Row } from './csv'
import { Export } from './export'
import { Filters } from './filters'
import { messages } from './messages'
import { RowDetail } from './row'
import { Verify } from './verify'
import { useActorName, useDeed, useObjectName } from './words'
import './audit.css'

export function AuditPage() {
  return (
    <Needs action="audit.read">
      <Audit />
    </Needs>
  )
}

function Audit() {
  const t = useMessages(messages)
  const [{ actor, action, object }] = useAddress()
  const { list, pages } = useListing(['audit', actor, action, object], (cursor) =>
    data(api.GET('/api/v1/audit', { params: { query: { actor, action, object, cursor } } })),
  )
  const columns = useColumns()
  return (
    <>
      <PageHead title={t.title} hint={t.hint} extra={<Export />} />
      <Verify />
      <Filters />
      <Listing
        list={list}
        pages={pages}
        columns={columns}
        width={700}
        empty={t.empty}
        rowKey="seq"
        size="small"
        expandable={{ expandedRowRender: (row) => <RowDetail row={row} /> }}
      />
    </>
  )
}

function useColumns(): TableProps<Row>['columns'] {
  const t = useMessages(messages)
  const { format } = useLocale()
  const name = useActorName()
  const deed = useDeed()
  const thing = useObjectName()
  const [, go] = useAddress()
  const filter = (text: string, change: Record<string, string>) => (
    <Button type="link" className="row-link" onClick={() => go(change)}>
      {text}
    </Button>
  )
  return [
    { title: t.number, width: 64, dataIndex: 'seq', align: 'right' },
    { title: t.when, width: 150, render: (_, { at }) => <time title={at}>{format.dateTime(at)}</time> },
    { title: t.actor, width: 130, render: (_, { actor }) => filter(name(actor), { actor }) },
    { title: t.action, width: 150, render: (_, { action }) => filter(deed(action), { action }) },
    {
      title: t.object,
      render: (_, { object }) =>
        object && (
          <span className="row-long" title={object}>
            {filter(thing(object), { object })}
          </span>
        ),
    },
  ]
}
