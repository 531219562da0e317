/** Orders the deletion of exactly the list that was seen, by whoever types how many calls that is. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Alert, App, Form, Input, Modal } from 'antd'
import { useState } from 'react'
import { api, data, Problem, type Schemas } from '@/api/client'
import { ProblemAlert } from '@/components/problem'
import { useLocale, useMessages } from '@/i18n'
import { messages } from './messages'

export function RunForm({ due, onClose }: { due: Schemas['RetentionDue'] | undefined; onClose: () => void }) {
  const t = useMessages(messages)
  const { format } = useLocale()
  const { message } = App.useApp()
  const client = useQueryClient()
  const [typed, setTyped] = useState('')
  const run = useMutation({
    mutationFn: ({ at, digest }: Schemas['RetentionDue']) =>
      data(api.POST('/api/v1/retention/run', { body: { at, digest } })),
    onSuccess: (progress) => {
      message.success(t.runBegun)
      client.setQueryData(['retention', 'run'], progress)
      onClose()
    },
    onError: (error) => {
      if (!(error instanceof Problem) || error.status !== 409) return
      message.warning(error.detail ?? t.changed, 8)
      onClose()
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['retention'] }),
  })
  const agrees = due !== undefined && typed.trim() === String(due.calls)
  return (
    <Modal
      open={due !== undefined}
      title={t.runAsk}
      okText={t.run}
      cancelText={t.cancel}
      okButtonProps={{ danger: true, disabled: !agrees }}
      confirmLoading={run.isPending}
      onOk={() => due && agrees && run.mutate(due)}
      onCancel={onClose}
      afterClose={() => {
        setTyped('')
        run.reset()
      }}
      destroyOnHidden
    >
      <Alert
        type="error"
        showIcon
        title={t.runTold(format.number(due?.calls ?? 0))}
        className="retention-note"
      />
      {run.isError && <ProblemAlert problem={run.error} />}
      <Form layout="vertical">
        <Form.Item label={t.runType(due?.calls ?? 0)} htmlFor="run-count">
          <Input
            id="run-count"
            autoComplete="off"
            inputMode="numeric"
            value={typed}
            onChange={({ target }) => setTyped(target.value)}
          />
        </Form.Item>
      </Form>
    </Modal>
  )
}
