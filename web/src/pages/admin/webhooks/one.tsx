/** One webhook: its state, what it sent, its settings. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, App, Button, Drawer, Flex, Skeleton, Space, Typography } from 'antd'
import { api, data, Problem, type Schemas } from '@/api/client'
import { useCan } from '@/app/session'
import { ProblemAlert } from '@/components/problem'
import { useMessages } from '@/i18n'
import { ChangeWebhook } from './change'
import { Deliveries } from './deliveries'
import { messages } from './messages'
import { WebhookState } from './state'

/** A webhook, and which state of it was read. */
export interface Read {
  hook: Schemas['Webhook']
  etag: string
}

async function read(id: string): Promise<Read> {
  const { data, response } = await api.GET('/api/v1/webhooks/{webhook_id}', {
    params: { path: { webhook_id: id } },
  })
  return { hook: data!, etag: response.headers.get('ETag') ?? '' }
}

/** Writes a change to the state that was read; what another wrote meanwhile is loaded. */
export function useChange({ hook, etag }: Read) {
  const t = useMessages(messages)
  const client = useQueryClient()
  const { message } = App.useApp()
  return useMutation({
    mutationFn: (body: Schemas['WebhookChange']) =>
      data(
        api.PATCH('/api/v1/webhooks/{webhook_id}', {
          params: { path: { webhook_id: hook.id }, header: { 'If-Match': etag } },
          body,
        }),
      ),
    onSuccess: () => message.success(t.saved),
    onError: (error) => {
      if (error instanceof Problem && error.status === 412) message.warning(t.stale)
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['webhooks'] }),
  })
}

export function WebhookDrawer({ id, onClose }: { id: string | undefined; onClose: () => void }) {
  const one = useQuery({
    queryKey: ['webhooks', 'one', id],
    queryFn: () => read(id ?? ''),
    enabled: Boolean(id),
    staleTime: 0,
  })
  return (
    <Drawer open={Boolean(id)} onClose={onClose} size={680} title={one.data?.hook.name} destroyOnHidden>
      {one.isError && <ProblemAlert problem={one.error} retry={() => one.refetch()} />}
      {id && one.isPending && <Skeleton active />}
      {one.data && <One read={one.data} onClose={onClose} />}
    </Drawer>
  )
}

function One({ read, onClose }: { read: Read; onClose: () => void }) {
  const t = useMessages(messages)
  const can = useCan()
  const mayWrite = can('webhooks.write')
  const { hook, etag } = read
  return (
    <Flex vertical gap={24}>
      <Flex justify="space-between" align="center" wrap gap={8}>
        <div>
          <WebhookState hook={hook} />
        </div>
        {mayWrite && <Actions read={read} onClose={onClose} />}
      </Flex>
      {hook.why && <Alert type="error" showIcon title={t.off} description={hook.why} />}
      <section>
        <Typography.Title level={2} className="drawer-part">
          {t.deliveries}
        </Typography.Title>
        <Deliveries hook={hook.id} />
      </section>
      {mayWrite && (
        <section>
          <Typography.Title level={2} className="drawer-part">
            {t.settings}
          </Typography.Title>
          <ChangeWebhook key={etag} read={read} />
        </section>
      )}
    </Flex>
  )
}

function Actions({ read, onClose }: { read: Read; onClose: () => void }) {
  const t = useMessages(messages)
  const { modal, message } = App.useApp()
  const client = useQueryClient()
  const { hook } = read
  const change = useChange(read)
  const remove = useMutation({
    mutationFn: () =>
      api.DELETE('/api/v1/webhooks/{webhook_id}', { params: { path: { webhook_id: hook.id } } }),
    onSuccess: () => {
      onClose()
      client.removeQueries({ queryKey: ['webhooks', 'one', hook.id] })
      return client.invalidateQueries({ queryKey: ['webhooks', 'list'] })
    },
    onError: (error) => message.error(error.message),
  })
  const ask = (title: string, content: string, okText: string, onOk: () => Promise<unknown>) =>
    modal.confirm({ title, content, okText, cancelText: t.cancel, okButtonProps: { danger: true }, onOk })
  return (
    <Space>
      {hook.active ? (
        <Button
          onClick={() =>
            ask(t.pauseAsk(hook.name), t.pauseTold, t.pause, () => change.mutateAsync({ active: false }))
          }
        >
          {t.pause}
        </Button>
      ) : (
        <Button type="primary" loading={change.isPending} onClick={() => change.mutate({ active: true })}>
          {t.resume}
        </Button>
      )}
      <Button
        danger
        onClick={() => ask(t.removeAsk(hook.name), t.removeTold, t.remove, () => remove.mutateAsync())}
      >
        {t.remove}
      </Button>
    </Space>
  )
}
