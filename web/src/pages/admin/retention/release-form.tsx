/** Ends a hold, for a reason; says first what may happen to its calls. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Alert, App, Form, Input, Modal } from 'antd'
import { api, data } from '@/api/client'
import { ProblemAlert } from '@/components/problem'
import { useLocale, useMessages } from '@/i18n'
import type { Hold } from './holds'
import { messages } from './messages'

export function ReleaseForm({ hold, onClose }: { hold: Hold | undefined; onClose: () => void }) {
  const t = useMessages(messages)
  const { format } = useLocale()
  const { message } = App.useApp()
  const client = useQueryClient()
  const [form] = Form.useForm<{ reason: string }>()
  const release = useMutation({
    mutationFn: ({ reason }: { reason: string }) =>
      data(
        api.POST('/api/v1/retention/holds/{hold_id}/release', {
          params: { path: { hold_id: hold?.id ?? '' } },
          body: { reason: reason.trim() },
        }),
      ),
    onSuccess: () => {
      message.success(t.released)
      onClose()
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['retention'] }),
  })
  return (
    <Modal
      open={hold !== undefined}
      title={format.named(t.releaseAsk, hold?.reason ?? '')}
      okText={t.release}
      cancelText={t.cancel}
      okButtonProps={{ danger: true }}
      confirmLoading={release.isPending}
      onOk={form.submit}
      onCancel={onClose}
      afterClose={release.reset}
      destroyOnHidden
    >
      <Alert
        type="warning"
        showIcon
        title={t.releaseTold(format.number(hold?.count ?? 0))}
        className="retention-note"
      />
      {release.isError && <ProblemAlert problem={release.error} />}
      <Form form={form} layout="vertical" preserve={false} onFinish={release.mutate}>
        <Form.Item
          name="reason"
          label={t.reason}
          rules={[{ required: true, whitespace: true, message: t.required(t.reason) }]}
        >
          <Input.TextArea rows={2} maxLength={500} />
        </Form.Item>
      </Form>
    </Modal>
  )
}
