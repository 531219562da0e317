/** Makes an account. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { App, Button, Drawer, Form, Input, Space } from 'antd'
import { api, data } from '@/api/client'
import { ProblemAlert } from '@/components/problem'
import { tidied } from '@/components/scopes'
import { useMessages } from '@/i18n'
import { Fields, type Written } from './fields'
import { messages } from './messages'

const FIRST: Partial<Written> = { role: 'reviewer', scope: { all: true } }

export function AddPerson({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useMessages(messages)
  const { message } = App.useApp()
  const client = useQueryClient()
  const [form] = Form.useForm<Written>()
  const add = useMutation({
    mutationFn: ({ login, name, role, scope, password, subject }: Written) =>
      data(
        api.POST('/api/v1/people', {
          body: {
            login: login.trim(),
            name: name.trim(),
            role,
            scope: tidied(scope),
            password: password || undefined,
            subject: subject?.trim() || undefined,
          },
        }),
      ),
    onSuccess: (person) => {
      message.success(t.made(person.name))
      onClose()
      return client.invalidateQueries({ queryKey: ['people'] })
    },
  })
  return (
    <Drawer
      open={open}
      onClose={onClose}
      size={560}
      title={t.add}
      destroyOnHidden
      afterOpenChange={(open) => !open && add.reset()}
      footer={
        <Space>
          <Button type="primary" loading={add.isPending} onClick={form.submit}>
            {t.add}
          </Button>
          <Button onClick={onClose}>{t.cancel}</Button>
        </Space>
      }
    >
      {add.isError && <ProblemAlert problem={add.error} />}
      <Form
        form={form}
        layout="vertical"
        preserve={false}
        initialValues={FIRST}
        onFinish={(written) => add.mutate(written)}
      >
        <Fields isNew own={false} />
        <Form.Item name="password" label={t.password} extra={t.passwordExtra}>
          <Input.Password autoComplete="new-password" maxLength={200} />
        </Form.Item>
      </Form>
    </Drawer>
  )
}
