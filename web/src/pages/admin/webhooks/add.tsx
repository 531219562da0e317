/** Makes a webhook; the secret of a standard one is shown once. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button, Drawer, Form, Space } from 'antd'
import { useState } from 'react'
import { api, data } from '@/api/client'
import { useMe } from '@/app/session'
import { ProblemAlert } from '@/components/problem'
import { tidied } from '@/components/scopes'
import { SecretOnce } from '@/components/secret'
import { useMessages } from '@/i18n'
import { Fields, type Written } from './fields'
import { hasGivenSecret, messages } from './messages'

export function AddWebhook({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useMessages(messages)
  const { scope } = useMe().person
  const client = useQueryClient()
  const [secret, setSecret] = useState<string>()
  const [form] = Form.useForm<Written>()
  const add = useMutation({
    mutationFn: ({ name, form, url = '', secret, kinds, scope }: Written) =>
      data(
        api.POST('/api/v1/webhooks', {
          body: {
            name: name.trim(),
            form,
            url: url.trim(),
            secret: hasGivenSecret(form) && secret ? secret : undefined,
            kinds,
            scope: tidied(scope),
          },
        }),
      ),
    onSuccess: (made) => {
      onClose()
      setSecret(made.secret ?? undefined)
      return client.invalidateQueries({ queryKey: ['webhooks'] })
    },
    // The secret is not kept in the page's store of answers.
    gcTime: 0,
  })
  const first: Partial<Written> = { form: 'standard', kinds: ['call.analysed'], scope }
  return (
    <>
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
          initialValues={first}
          onFinish={(written) => add.mutate(written)}
        >
          <Fields />
        </Form>
      </Drawer>
      <SecretOnce title={t.made} secret={secret} onClose={() => setSecret(undefined)} />
    </>
  )
}
