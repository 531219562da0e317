/** Webhooks: a list; the one that is open, or being made, stands in the address. */
import { PlusOutlined } from '@ant-design/icons'
import { Button, type TableProps } from 'antd'
import { api, data, type Schemas } from '@/api/client'
import { useCan } from '@/app/session'
import { useAddress } from '@/components/address'
import { Listing, useListing } from '@/components/listing'
import { Needs } from '@/components/needs'
import { PageHead } from '@/components/page'
import { ScopeText } from '@/components/scope-text'
import { useMessages } from '@/i18n'
import { AddWebhook } from './add'
import { FORMS, messages } from './messages'
import { WebhookDrawer } from './one'
import { WebhookState } from './state'

type Webhook = Schemas['Webhook']

export function WebhooksPage() {
  return (
    <Needs action="webhooks.read">
      <Webhooks />
    </Needs>
  )
}

function Webhooks() {
  const t = useMessages(messages)
  const can = useCan()
  const [address, go] = useAddress()
  const { list, pages } = useListing(['webhooks', 'list'], (cursor) =>
    data(api.GET('/api/v1/webhooks', { params: { query: { cursor } } })),
  )
  const columns = useColumns()
  const add = can('webhooks.write') && (
    <Button type="primary" icon={<PlusOutlined />} onClick={() => go({ add: 'yes' }, true)}>
      {t.add}
    </Button>
  )
  return (
    <>
      <PageHead title={t.title} hint={t.hint} extra={add} />
      <Listing list={list} pages={pages} columns={columns} width={860} empty={t.empty} />
      <AddWebhook
        open={address.add === 'yes' && can('webhooks.write')}
        onClose={() => go({ add: undefined })}
      />
      <WebhookDrawer id={address.webhook} onClose={() => go({ webhook: undefined })} />
    </>
  )
}

function useColumns(): TableProps<Webhook>['columns'] {
  const t = useMessages(messages)
  const [, go] = useAddress()
  return [
    {
      title: t.name,
      render: (_, { id, name }) => (
        <Button type="link" className="row-link" onClick={() => go({ webhook: id }, true)}>
          {name}
        </Button>
      ),
    },
    { title: t.form, render: (_, { form }) => FORMS.filter((one) => one === form).map((one) => t[one]) },
    { title: t.url, render: (_, { url }) => <span className="row-long">{url}</span> },
    { title: t.kinds, render: (_, { kinds }) => <Kinds kinds={kinds} /> },
    { title: t.scope, render: (_, { scope }) => <ScopeText scope={scope} /> },
    { title: t.state, width: 150, render: (_, hook) => <WebhookState hook={hook} /> },
  ]
}

function Kinds({ kinds }: { kinds: string[] }) {
  const t = useMessages(messages)
  return (
    <ul className="row-list">
      {kinds.map((kind) => (
        <li key={kind}>{kind in t ? (t[kind as keyof typeof t] as string) : kind}</li>
      ))}
    </ul>
  )
}
