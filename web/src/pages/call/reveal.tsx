/** The originals: asked for with a reason, and while they are shown a banner that says so. */
import { EyeInvisibleOutlined } from '@ant-design/icons'
import { useMutation } from '@tanstack/react-query'
import { Alert, Button, Form, Input, Modal } from 'antd'
import { ProblemAlert } from '@/components/problem'
import { readClear } from './data'
import { useHeadTexts } from './head-messages'
import type { Report } from './logic/report'

export interface Revealed {
  reason: string
  report: Report
}

interface Props {
  callId: string
  open: boolean
  onClose: () => void
  onRevealed: (revealed: Revealed) => void
}

export function RevealDialog({ callId, open, onClose, onRevealed }: Props) {
  const t = useHeadTexts()
  const [form] = Form.useForm<{ reason: string }>()
  const ask = useMutation({
    mutationFn: (reason: string) => readClear(callId, reason),
    onSuccess: (report, reason) => {
      onRevealed({ reason, report })
      onClose()
    },
  })
  return (
    <Modal
      open={open}
      title={t.revealTitle}
      okText={t.revealGo}
      cancelText={t.cancel}
      confirmLoading={ask.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
      destroyOnHidden
    >
      {ask.isError && <ProblemAlert problem={ask.error} />}
      <p>{t.revealWhy}</p>
      <Form
        form={form}
        layout="vertical"
        preserve={false}
        onFinish={({ reason }) => ask.mutate(reason.trim())}
      >
        <Form.Item
          name="reason"
          label={t.revealReason}
          rules={[{ required: true, whitespace: true, max: 500 }]}
        >
          <Input.TextArea autoFocus autoSize={{ minRows: 2 }} placeholder={t.revealHint} />
        </Form.Item>
      </Form>
    </Modal>
  )
}

export function RevealedBanner({ reason, onHide }: { reason: string; onHide: () => void }) {
  const t = useHeadTexts()
  return (
    <Alert
      banner
      type="warning"
      title={t.revealed}
      description={`${t.revealReason}：${reason}`}
      action={
        <Button size="small" icon={<EyeInvisibleOutlined />} onClick={onHide}>
          {t.hideAgain}
        </Button>
      }
    />
  )
}
