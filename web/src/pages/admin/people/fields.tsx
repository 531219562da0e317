/** What an account has that can be written: the same fields when it is made and when it is changed. */
import { Form, Input, Select } from 'antd'
import { useAccessWords } from '@/components/access-words'
import { ScopeEditor, useScopeFault } from '@/components/scope-editor'
import { faultOf, mustName, ROLES, type Scope } from '@/components/scopes'
import { useMessages } from '@/i18n'
import { messages } from './messages'

export interface Written {
  login: string
  name: string
  role: string
  scope: Scope
  password?: string
  subject?: string
}

/** `own`: nobody changes their own role and scope. */
export function Fields({ isNew, own }: { isNew: boolean; own: boolean }) {
  const t = useMessages(messages)
  const words = useAccessWords()
  const told = useScopeFault()
  const form = Form.useFormInstance<Written>()
  const role = Form.useWatch('role', form)
  const needed = (what: string) => [{ required: true, whitespace: true, message: t.required(what) }]
  return (
    <>
      <Form.Item name="name" label={t.name} rules={needed(t.name)}>
        <Input autoComplete="off" maxLength={100} />
      </Form.Item>
      {isNew && (
        <Form.Item name="login" label={t.login} extra={t.loginExtra} rules={needed(t.login)}>
          <Input autoComplete="off" maxLength={64} />
        </Form.Item>
      )}
      <Form.Item name="role" label={t.role} rules={needed(t.role)} extra={own ? t.ownRole : undefined}>
        <Select
          disabled={own}
          aria-label={t.role}
          options={ROLES.map((value) => ({ value, label: words(value) }))}
          onChange={(role: string) => {
            const scope = form.getFieldValue('scope') as Scope | undefined
            if (mustName(role) && scope?.all) form.setFieldValue('scope', { grants: [{}] })
          }}
        />
      </Form.Item>
      {!own && (
        <Form.Item
          name="scope"
          label={t.scope}
          required
          rules={[
            {
              validator: async (_, scope: Scope) => {
                const fault = faultOf(role, scope ?? {})
                if (fault) throw new Error(told(fault))
              },
            },
          ]}
        >
          <ScopeEditor role={role} />
        </Form.Item>
      )}
      <Form.Item name="subject" label={t.subject} extra={t.subjectExtra}>
        <Input autoComplete="off" />
      </Form.Item>
    </>
  )
}
