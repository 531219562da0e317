/** Asks why before something is put on record. */
import { Form, Input, Modal, Typography } from 'antd'
import type { ReactNode } from 'react'
import { ProblemAlert } from '@/components/problem'
import { useMessages } from '@/i18n'
import { messages } from './messages'

export interface ReasonProps {
  open: boolean
  title: string
  hint: ReactNode
  action: string
  danger?: boolean
  pending: boolean
  problem: Error | null
  onCancel: () => void
  onReason: (reason: string) => void
}

export function ReasonDialog({
  open,
  title,
  hint,
  action,
  danger,
  pending,
  problem,
  onCancel,
  onReason,
}: ReasonProps) {
  const t = useMessages(messages)
  const [form] = Form.useForm<{ reason: string }>()
  return (
    <Modal
      open={open}
      title={title}
      okText={action}
      cancelText={t.cancel}
      okButtonProps={{ danger, loading: pending }}
      onCancel={onCancel}
      onOk={() => form.submit()}
      destroyOnHidden
      afterClose={() => form.resetFields()}
    >
      <Typography.Paragraph type="secondary">{hint}</Typography.Paragraph>
      {problem && <ProblemAlert problem={problem} />}
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        onFinish={({ reason }) => onReason(reason.trim())}
      >
        <Form.Item
          name="reason"
          label={t.reason}
          // The count stands below the box, not on the buttons.
          style={{ marginBottom: 36 }}
          rules={[{ required: true, whitespace: true, message: t.reasonNeeded }]}
        >
          <Input.TextArea autoFocus rows={3} maxLength={500} showCount />
        </Form.Item>
      </Form>
    </Modal>
  )
}
