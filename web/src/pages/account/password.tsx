/** A new password, for whoever knows the old one. */
import { useMutation } from '@tanstack/react-query'
import { App, Button, Form, Input } from 'antd'
import { api, Problem } from '@/api/client'
import { useMe } from '@/app/session'
import { ProblemAlert } from '@/components/problem'
import { useMessages } from '@/i18n'
import { messages } from './messages'

interface Written {
  old: string
  new: string
  again: string
}

export function PasswordForm() {
  const t = useMessages(messages)
  const { message } = App.useApp()
  const { login } = useMe().person
  const [form] = Form.useForm<Written>()
  const change = useMutation({
    mutationFn: ({ old, new: fresh }: Written) =>
      api.PUT('/api/v1/session/password', { body: { old, new: fresh } }),
    onSuccess: () => {
      message.success(t.changed)
      form.resetFields()
    },
  })
  const needed = (what: string) => ({ required: true, message: t.required(what) })
  const isWrong = change.error instanceof Problem && change.error.status === 401
  return (
    <Form form={form} layout="vertical" requiredMark={false} onFinish={change.mutate}>
      {change.isError && <ProblemAlert problem={isWrong ? new Error(t.wrong) : change.error} />}
      {/* Password managers look for whose password it is. */}
      <input type="text" name="username" autoComplete="username" value={login} readOnly hidden />
      <Form.Item name="old" label={t.old} rules={[needed(t.old)]}>
        <Input.Password autoComplete="current-password" />
      </Form.Item>
      <Form.Item name="new" label={t.fresh} extra={t.freshExtra} rules={[needed(t.fresh)]}>
        <Input.Password autoComplete="new-password" maxLength={200} />
      </Form.Item>
      <Form.Item
        name="again"
        label={t.again}
        dependencies={['new']}
        rules={[
          needed(t.again),
          ({ getFieldValue }) => ({
            validator: async (_, again: string) => {
              if (again && again !== getFieldValue('new')) throw new Error(t.differs)
            },
          }),
        ]}
      >
        <Input.Password autoComplete="new-password" maxLength={200} />
      </Form.Item>
      <p className="account-hint">{t.passwordHint}</p>
      <Button type="primary" htmlType="submit" loading={change.isPending}>
        {t.change}
      </Button>
    </Form>
  )
}
