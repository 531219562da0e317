/** Makes a token: what for, what it may, until when. Its secret is shown once. */
import { PlusOutlined } from '@ant-design/icons'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button, Form, Input, Modal, Radio, Select } from 'antd'
import { useState } from 'react'
import { api, data } from '@/api/client'
import { useMe } from '@/app/session'
import { useAccessWords } from '@/components/access-words'
import { ProblemAlert } from '@/components/problem'
import { SecretOnce } from '@/components/secret'
import { TOKENS } from '@/components/tokens'
import { useMessages } from '@/i18n'
import { messages } from './messages'

interface Written {
  name: string
  may: 'read' | 'all' | 'some'
  actions?: string[]
  /** 0: never ends. */
  days: number
}

const DAYS = [30, 90, 365]
const DAY_MS = 86_400_000
const FIRST: Partial<Written> = { may: 'read', days: 90 }

function make({ name, may, actions = [], days }: Written) {
  const scopes = may === 'some' ? actions : [may]
  const expires = days > 0 ? new Date(Date.now() + days * DAY_MS).toISOString() : undefined
  return data(api.POST('/api/v1/tokens', { body: { name: name.trim(), scopes, expires } }))
}

export function MakeToken() {
  const t = useMessages(messages)
  const client = useQueryClient()
  const [open, setOpen] = useState(false)
  const [secret, setSecret] = useState<string>()
  const [form] = Form.useForm<Written>()
  const add = useMutation({
    mutationFn: make,
    onSuccess: (made) => {
      setOpen(false)
      setSecret(made.secret)
      return client.invalidateQueries({ queryKey: [TOKENS] })
    },
    // The secret is not kept in the page's store of answers.
    gcTime: 0,
  })
  return (
    <>
      <Button type="primary" icon={<PlusOutlined />} onClick={() => setOpen(true)}>
        {t.make}
      </Button>
      <Modal
        open={open}
        title={t.make}
        okText={t.make}
        cancelText={t.cancel}
        confirmLoading={add.isPending}
        onOk={form.submit}
        onCancel={() => setOpen(false)}
        afterClose={add.reset}
        destroyOnHidden
      >
        {add.isError && <ProblemAlert problem={add.error} />}
        <Form
          form={form}
          layout="vertical"
          preserve={false}
          initialValues={FIRST}
          onFinish={(written) => add.mutate(written)}
        >
          <TokenFields />
        </Form>
      </Modal>
      <SecretOnce
        title={t.secret}
        secret={secret}
        onClose={() => {
          setSecret(undefined)
          add.reset()
        }}
      />
    </>
  )
}

function TokenFields() {
  const t = useMessages(messages)
  const words = useAccessWords()
  const me = useMe()
  const may = Form.useWatch('may')
  return (
    <>
      <Form.Item
        name="name"
        label={t.purpose}
        extra={t.purposeExtra}
        rules={[{ required: true, whitespace: true, message: t.required(t.purpose) }]}
      >
        <Input maxLength={100} autoComplete="off" />
      </Form.Item>
      <Form.Item name="may" label={t.may}>
        <Radio.Group
          vertical
          options={[
            { value: 'read', label: t.read },
            { value: 'all', label: t.all },
            { value: 'some', label: t.some },
          ]}
        />
      </Form.Item>
      {may === 'some' && (
        <Form.Item
          name="actions"
          label={t.actions}
          rules={[{ required: true, message: t.required(t.actions) }]}
        >
          <Select
            mode="multiple"
            aria-label={t.actions}
            showSearch={{ optionFilterProp: 'label' }}
            options={me.actions.map((action) => ({ value: action, label: `${words(action)} (${action})` }))}
          />
        </Form.Item>
      )}
      <Form.Item name="days" label={t.expires}>
        <Select
          aria-label={t.expires}
          options={[...DAYS.map((n) => ({ value: n, label: t.days(n) })), { value: 0, label: t.never }]}
        />
      </Form.Item>
    </>
  )
}
