/** What a webhook has that can be written. */
import { Form, Input, Select } from 'antd'
import { ScopeEditor, useScopeFault } from '@/components/scope-editor'
import { faultOf, type Scope } from '@/components/scopes'
import { useMessages } from '@/i18n'
import { FORMS, hasGivenSecret, KINDS, messages, type WebhookForm } from './messages'

export interface Written {
  name: string
  form: WebhookForm
  url?: string
  secret?: string
  kinds: string[]
  scope: Scope
}

/** `kept`: the address of one that is there already. */
export function Fields({ kept, form }: { kept?: string; form?: WebhookForm }) {
  const t = useMessages(messages)
  const told = useScopeFault()
  const chosen = Form.useWatch<WebhookForm | undefined>('form') ?? form
  const needed = (what: string) => [{ required: true, message: t.required(what) }]
  return (
    <>
      <Form.Item name="name" label={t.name} extra={t.nameExtra} rules={needed(t.name)}>
        <Input maxLength={100} autoComplete="off" />
      </Form.Item>
      {!kept && (
        <Form.Item name="form" label={t.form} extra={chosen && t[`${chosen}Extra`]} rules={needed(t.form)}>
          <Select aria-label={t.form} options={FORMS.map((value) => ({ value, label: t[value] }))} />
        </Form.Item>
      )}
      <Form.Item
        name="url"
        label={t.url}
        extra={kept ? t.urlKept(kept) : t.urlExtra}
        rules={kept ? [] : needed(t.url)}
      >
        <Input type="url" maxLength={2000} autoComplete="off" placeholder="https://" />
      </Form.Item>
      {hasGivenSecret(chosen) && (
        <Form.Item name="secret" label={t.secret} extra={kept && t.secretKept}>
          <Input.Password maxLength={200} autoComplete="new-password" />
        </Form.Item>
      )}
      <Form.Item name="kinds" label={t.kinds} rules={needed(t.kinds)}>
        <Select
          mode="multiple"
          aria-label={t.kinds}
          options={KINDS.map((value) => ({ value, label: t[value] }))}
        />
      </Form.Item>
      <Form.Item
        name="scope"
        label={t.scope}
        rules={[
          {
            validator: async (_, scope: Scope) => {
              const fault = faultOf(undefined, scope ?? {})
              if (fault) throw new Error(told(fault))
            },
          },
        ]}
      >
        <ScopeEditor />
      </Form.Item>
    </>
  )
}
