/** What a webhook was sent, or is to be; each can be sent again. */
import { CheckCircleOutlined, ClockCircleOutlined, CloseCircleOutlined } from '@ant-design/icons'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { App, Button, type TableProps, Tag, Typography } from 'antd'
import { api, data, type Schemas } from '@/api/client'
import { useCan } from '@/app/session'
import { Listing, useListing } from '@/components/listing'
import { useLocale, useMessages } from '@/i18n'
import { messages } from './messages'

type Delivery = Schemas['Delivery']

/** Deliveries tell no event. */
const ASKED_MS = 5000

const LOOKS = {
  due: ['processing', <ClockCircleOutlined key="i" />],
  done: ['success', <CheckCircleOutlined key="i" />],
  failed: ['error', <CloseCircleOutlined key="i" />],
} as const

export function Deliveries({ hook }: { hook: string }) {
  const t = useMessages(messages)
  const { list, pages } = useListing(
    ['webhooks', 'deliveries', hook],
    (cursor) =>
      data(
        api.GET('/api/v1/webhooks/{webhook_id}/deliveries', {
          params: { path: { webhook_id: hook }, query: { limit: 20, cursor } },
        }),
      ),
    ASKED_MS,
  )
  const columns = useColumns(hook)
  return (
    <>
      <Typography.Paragraph type="secondary">{t.deliveriesHint}</Typography.Paragraph>
      <Listing
        list={list}
        pages={pages}
        columns={columns}
        width={560}
        empty={t.noDeliveries}
        size="small"
        plain
      />
    </>
  )
}

function useColumns(hook: string): TableProps<Delivery>['columns'] {
  const t = useMessages(messages)
  const { format } = useLocale()
  const { message } = App.useApp()
  const can = useCan()
  const client = useQueryClient()
  const resend = useMutation({
    mutationFn: (id: string) =>
      api.POST('/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/resend', {
        params: { path: { webhook_id: hook, delivery_id: id } },
      }),
    onSuccess: () => {
      message.success(t.resent)
      return client.invalidateQueries({ queryKey: ['webhooks', 'deliveries', hook] })
    },
    onError: (error) => message.error(error.message),
  })
  return [
    { title: t.when, width: 140, render: (_, { created }) => format.dateTime(created) },
    { title: t.event, width: 70, dataIndex: 'event', align: 'right' },
    { title: t.state, width: 110, render: (_, delivery) => <State delivery={delivery} /> },
    {
      title: t.answer,
      render: (_, { status, why, next, attempts }) => (
        <span className="row-long">
          {[status && `HTTP ${status}`, why, next && attempts > 0 && t.next(format.ago(next))]
            .filter(Boolean)
            .join(' · ')}
        </span>
      ),
    },
    { title: t.attempts, width: 60, dataIndex: 'attempts', align: 'right' },
    {
      width: 100,
      render: (_, { id, event }) =>
        can('webhooks.write') && (
          <Button size="small" aria-label={`${t.resend}: ${event}`} onClick={() => resend.mutate(id)}>
            {t.resend}
          </Button>
        ),
    },
  ]
}

function State({ delivery: { state } }: { delivery: Delivery }) {
  const t = useMessages(messages)
  if (!(state in LOOKS)) return <Tag>{state}</Tag>
  const [color, icon] = LOOKS[state as keyof typeof LOOKS]
  return (
    <Tag color={color} icon={icon} variant="filled">
      {t[state as keyof typeof LOOKS]}
    </Tag>
  )
}
