/** Changes a webhook. Address and secret are not shown, so that what is left empty stays. */
import { Button, Form } from 'antd'
import type { Schemas } from '@/api/client'
import { ProblemAlert } from '@/components/problem'
import { tidied } from '@/components/scopes'
import { useMessages } from '@/i18n'
import { Fields, type Written } from './fields'
import { messages, type WebhookForm } from './messages'
import { type Read, useChange } from './one'

export function changeOf(written: Partial<Written>): Schemas['WebhookChange'] {
  const { name, url, secret, kinds, scope } = written
  return {
    name: name?.trim(),
    kinds,
    scope: scope && tidied(scope),
    ...(url?.trim() ? { url: url.trim() } : {}),
    ...(secret ? { secret } : {}),
  }
}

export function ChangeWebhook({ read }: { read: Read }) {
  const t = useMessages(messages)
  const change = useChange(read)
  const { name, url, form, kinds, scope } = read.hook
  return (
    <Form
      layout="vertical"
      initialValues={{ name, kinds, scope }}
      onFinish={(written: Written) => change.mutate(changeOf(written))}
    >
      {change.isError && <ProblemAlert problem={change.error} />}
      <Fields kept={url} form={form as WebhookForm} />
      <Button type="primary" htmlType="submit" loading={change.isPending}>
        {t.save}
      </Button>
    </Form>
  )
}
