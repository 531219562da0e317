/** Puts a hold: why, and on which calls. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Alert, App, Form, Input, Modal } from 'antd'
import { api, data } from '@/api/client'
import { DayRange, type Days } from '@/components/day-range'
import { momentsOf } from '@/components/days'
import { ProblemAlert } from '@/components/problem'
import { useMessages } from '@/i18n'
import { Conditions } from './calls'
import { type Condition, ofRows } from './conditions'
import { messages } from './messages'

interface Written {
  reason: string
  call_id?: string
  failed?: string
  between?: Days
  rows?: Condition[]
}

const text = (value: string | undefined) => value?.trim() || undefined

export function HoldForm({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useMessages(messages)
  const { message } = App.useApp()
  const client = useQueryClient()
  const [form] = Form.useForm<Written>()
  const add = useMutation({
    mutationFn: ({ reason, call_id, failed, between = {}, rows = [] }: Written) =>
      data(
        api.POST('/api/v1/retention/holds', {
          body: {
            reason: reason.trim(),
            calls: {
              call_id: text(call_id),
              failed: text(failed),
              ...momentsOf(between),
              of: ofRows(rows),
            },
          },
        }),
      ),
    onSuccess: () => {
      message.success(t.saved)
      onClose()
      return client.invalidateQueries({ queryKey: ['retention'] })
    },
  })
  return (
    <Modal
      open={open}
      title={t.addHold}
      okText={t.addHold}
      cancelText={t.cancel}
      confirmLoading={add.isPending}
      onOk={form.submit}
      onCancel={onClose}
      afterClose={add.reset}
      destroyOnHidden
    >
      <Alert type="info" showIcon title={t.holdTold} className="retention-note" />
      {add.isError && <ProblemAlert problem={add.error} />}
      <Form form={form} layout="vertical" preserve={false} onFinish={(written) => add.mutate(written)}>
        <Form.Item
          name="reason"
          label={t.reason}
          extra={t.reasonExtra}
          rules={[{ required: true, whitespace: true, message: t.required(t.reason) }]}
        >
          <Input.TextArea rows={2} maxLength={500} />
        </Form.Item>
        <Form.Item name="call_id" label={t.callId}>
          <Input maxLength={200} autoComplete="off" />
        </Form.Item>
        <Form.Item name="failed" label={t.failedCriterion}>
          <Input maxLength={200} autoComplete="off" />
        </Form.Item>
        <Form.Item name="between" label={`${t.from} / ${t.to}`}>
          <DayRange presets={false} />
        </Form.Item>
        <Form.Item name="rows" label={t.calls}>
          <Conditions />
        </Form.Item>
      </Form>
    </Modal>
  )
}
