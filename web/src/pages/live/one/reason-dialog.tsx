/** Why one listens or joins: asked before the first time. */
import { Button, Form, Input, Modal } from 'antd'
import { useCallTexts } from './messages'

interface Props {
  open: boolean
  first: string | undefined
  onClose: () => void
  onReason: (reason: string) => void
}

export function ReasonDialog({ open, first, onClose, onReason }: Props) {
  const t = useCallTexts()
  const [form] = Form.useForm<{ reason: string }>()
  return (
    <Modal
      open={open}
      title={t.reasonTitle}
      okText={t.reasonGo}
      cancelText={t.cancel}
      onOk={form.submit}
      onCancel={onClose}
      destroyOnHidden
    >
      <p>{t.reasonWhy}</p>
      <Form
        form={form}
        layout="vertical"
        preserve={false}
        requiredMark={false}
        initialValues={{ reason: first }}
        onFinish={({ reason }) => onReason(reason.trim())}
      >
        <Form.Item
          name="reason"
          label={t.reasonLabel}
          rules={[{ required: true, whitespace: true, max: 500 }]}
        >
          <Input autoFocus maxLength={500} placeholder={t.reasonEg} onPressEnter={form.submit} />
        </Form.Item>
      </Form>
    </Modal>
  )
}

export function ReasonLine({ reason, onChange }: { reason: string; onChange: () => void }) {
  const t = useCallTexts()
  return (
    <p className="live-reason">
      <span>{t.reasonNow(reason)}</span>
      <Button type="link" size="small" onClick={onChange}>
        {t.change}
      </Button>
    </p>
  )
}
