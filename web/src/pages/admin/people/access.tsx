/** Log-in of an account: its password, its sessions, whether it is in use. Each asks first and says what it does. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { App, Button, Form, Input, Space } from 'antd'
import { useState } from 'react'
import { api } from '@/api/client'
import { useMe } from '@/app/session'
import { ProblemAlert } from '@/components/problem'
import { useMessages } from '@/i18n'
import { useChange } from './change'
import { messages } from './messages'
import type { Read } from './one'

export function AccessActions({ read }: { read: Read }) {
  const t = useMessages(messages)
  const { modal, message } = App.useApp()
  const me = useMe()
  const { person } = read
  const [resetting, setResetting] = useState(false)
  const change = useChange(read)
  const end = useMutation({
    mutationFn: () =>
      api.DELETE('/api/v1/people/{person_id}/sessions', { params: { path: { person_id: person.id } } }),
    onSuccess: () => message.success(t.sessionsEnded),
  })
  const ask = (title: string, content: string, does: string, onOk: () => Promise<unknown>, danger = true) =>
    modal.confirm({ title, content, okText: does, cancelText: t.cancel, okButtonProps: { danger }, onOk })
  const problem = change.error ?? end.error
  return (
    <>
      {problem && <ProblemAlert problem={problem} />}
      <Space wrap>
        <Button onClick={() => setResetting(!resetting)} aria-expanded={resetting}>
          {t.setPassword}
        </Button>
        <Button
          onClick={() =>
            ask(t.endSessionsAsk(person.name), t.endSessionsTold, t.endSessions, () => end.mutateAsync())
          }
        >
          {t.endSessions}
        </Button>
        {person.id !== me.person.id &&
          (person.disabled ? (
            <Button
              onClick={() =>
                ask(
                  t.enableAsk(person.name),
                  t.enableTold,
                  t.enable,
                  () => change.mutateAsync({ disabled: false }),
                  false,
                )
              }
            >
              {t.enable}
            </Button>
          ) : (
            <Button
              danger
              onClick={() =>
                ask(t.disableAsk(person.name), t.disableTold, t.disable, () =>
                  change.mutateAsync({ disabled: true }),
                )
              }
            >
              {t.disable}
            </Button>
          ))}
      </Space>
      {resetting && <ResetPassword read={read} onDone={() => setResetting(false)} />}
    </>
  )
}

function ResetPassword({ read, onDone }: { read: Read; onDone: () => void }) {
  const t = useMessages(messages)
  const { message } = App.useApp()
  const client = useQueryClient()
  const { person } = read
  const set = useMutation({
    mutationFn: (body: { password: string }) =>
      api.PUT('/api/v1/people/{person_id}/password', { params: { path: { person_id: person.id } }, body }),
    onSuccess: () => {
      message.success(t.passwordSet)
      onDone()
      return client.invalidateQueries({ queryKey: ['people'] })
    },
  })
  return (
    <Form layout="vertical" className="drawer-form" onFinish={set.mutate}>
      {set.isError && <ProblemAlert problem={set.error} />}
      <Form.Item
        name="password"
        label={t.newPassword}
        extra={t.newPasswordExtra}
        rules={[{ required: true, message: t.required(t.newPassword) }]}
      >
        <Input.Password autoComplete="new-password" autoFocus maxLength={200} />
      </Form.Item>
      <Button type="primary" htmlType="submit" loading={set.isPending}>
        {t.setPassword}
      </Button>
    </Form>
  )
}
