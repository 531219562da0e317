/** Searches that the person keeps: open one, forget one, keep this one. */
import { DeleteOutlined, SaveOutlined, StarOutlined } from '@ant-design/icons'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { App, Button, Form, Input, Modal, Popconfirm, Popover, Typography } from 'antd'
import { useState } from 'react'
import { api, data, type Schemas } from '@/api/client'
import { ProblemAlert } from '@/components/problem'
import { useMessages } from '@/i18n'
import { keptOf, type Search } from './address'
import { messages } from './messages'
import { SEARCHES, useSearches } from './use-known'

type Kept = Schemas['SavedSearch']

export function SavedSearches({ onOpen }: { onOpen: (kept: Kept) => void }) {
  const t = useMessages(messages)
  const [open, setOpen] = useState(false)
  const searches = useSearches()
  const list = (
    <div className="saved">
      {searches.isError && <ProblemAlert problem={searches.error} retry={() => searches.refetch()} />}
      {searches.data?.length === 0 && <Typography.Text type="secondary">{t.savedNone}</Typography.Text>}
      <ul>
        {searches.data?.map((kept) => (
          <li key={kept.id}>
            <Button
              type="text"
              onClick={() => {
                setOpen(false)
                onOpen(kept)
              }}
            >
              <span className="saved-name">{kept.name}</span>
              {kept.search.query && <code>{kept.search.query}</code>}
            </Button>
            <Forget kept={kept} />
          </li>
        ))}
      </ul>
    </div>
  )
  return (
    <Popover trigger="click" placement="bottomRight" content={list} open={open} onOpenChange={setOpen}>
      <Button icon={<StarOutlined />}>{t.saved}</Button>
    </Popover>
  )
}

function Forget({ kept }: { kept: Kept }) {
  const t = useMessages(messages)
  const client = useQueryClient()
  const { message } = App.useApp()
  const forget = useMutation({
    mutationFn: () =>
      data(api.DELETE('/api/v1/searches/{search_id}', { params: { path: { search_id: kept.id } } })),
    onError: (problem) => message.error(problem.message),
    onSettled: () => client.invalidateQueries({ queryKey: SEARCHES }),
  })
  return (
    <Popconfirm
      title={t.forgetSure}
      okText={t.forgetYes}
      cancelText={t.cancel}
      onConfirm={() => forget.mutate()}
    >
      <Button
        type="text"
        icon={<DeleteOutlined />}
        aria-label={t.forget(kept.name)}
        loading={forget.isPending}
      />
    </Popconfirm>
  )
}

export function SaveSearch({ search }: { search: Search }) {
  const t = useMessages(messages)
  const client = useQueryClient()
  const { message } = App.useApp()
  const [open, setOpen] = useState(false)
  const save = useMutation({
    mutationFn: (name: string) =>
      data(api.POST('/api/v1/searches', { body: { name, search: keptOf(search) } })),
    onSuccess: () => {
      setOpen(false)
      void message.success(t.kept)
      return client.invalidateQueries({ queryKey: SEARCHES })
    },
  })
  return (
    <>
      <Button icon={<SaveOutlined />} onClick={() => setOpen(true)}>
        {t.save}
      </Button>
      <Modal open={open} onCancel={() => setOpen(false)} title={t.save} footer={null} destroyOnHidden>
        <Form
          layout="vertical"
          requiredMark={false}
          initialValues={{ name: search.q.slice(0, 100) }}
          onFinish={({ name }: { name: string }) => save.mutate(name)}
        >
          <Form.Item
            name="name"
            label={t.name}
            rules={[{ required: true, whitespace: true, message: t.nameNeeded }]}
          >
            <Input autoFocus maxLength={100} />
          </Form.Item>
          {save.isError && <ProblemAlert problem={save.error} />}
          <Button type="primary" htmlType="submit" loading={save.isPending}>
            {t.keep}
          </Button>
        </Form>
      </Modal>
    </>
  )
}
