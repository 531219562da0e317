/** Why one listens or joins: asked before the first time. */
import { Button, Form, Input, Modal } from 'antd'
import { type ReactNode, useState } from 'react'
import { useReason } from '../reason'
import { useCallTexts } from './messages'

interface Props {
  open: boolean
  first: string | undefined
  onClose: () => void
  onReason: (reason: string) => void
}

function ReasonDialog({ open, first, onClose, onReason }: Props) {
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

interface Asked {
  /** Known by now. */
  reason: string | undefined
  /** Runs with the reason, asked for where it is not known. */
  go: () => void
  /** Asks for it again. */
  ask: () => void
  /** To be put on the page. */
  dialog: ReactNode
}

/** Something that needs a reason: what runs with it. */
export function useAsked(run: (reason: string) => void): Asked {
  const [reason, setReason] = useReason()
  const [asking, setAsking] = useState(false)
  const ask = () => setAsking(true)
  const dialog = (
    <ReasonDialog
      open={asking}
      first={reason}
      onClose={() => setAsking(false)}
      onReason={(reason) => {
        setReason(reason)
        setAsking(false)
        run(reason)
      }}
    />
  )
  return { reason, go: () => (reason ? run(reason) : ask()), ask, dialog }
}
