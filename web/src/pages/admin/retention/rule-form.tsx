/** Writes a rule, new or changed. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { App, Form, Input, InputNumber, Modal, Radio } from 'antd'
import { api, data, Problem } from '@/api/client'
import { ProblemAlert } from '@/components/problem'
import { useLocale, useMessages } from '@/i18n'
import { Conditions } from './calls'
import { type Condition, ofRows, rowsOf } from './conditions'
import { messages } from './messages'
import { etagOf, type Rule } from './rules'

interface Written {
  name: string
  rows: Condition[]
  after_days: number
  goes: string
}

const GOES = ['audio', 'clear_text', 'all'] as const
/** The mildest, and a term that contracts often have. */
const FIRST: Partial<Written> = { rows: [], after_days: 180, goes: 'audio' }

function save(rule: Rule | 'new', { name, rows, after_days, goes }: Written) {
  const body = { name: name.trim(), of: ofRows(rows), after_days, goes }
  if (rule === 'new') return data(api.POST('/api/v1/retention/rules', { body }))
  const params = { path: { rule_id: rule.id }, header: { 'If-Match': etagOf(rule) } }
  return data(api.PATCH('/api/v1/retention/rules/{rule_id}', { params, body }))
}

export function RuleForm({ rule, onClose }: { rule: Rule | 'new' | undefined; onClose: () => void }) {
  const t = useMessages(messages)
  const { format } = useLocale()
  const { message } = App.useApp()
  const client = useQueryClient()
  const [form] = Form.useForm<Written>()
  const write = useMutation({
    mutationFn: (written: Written) => save(rule ?? 'new', written),
    onSuccess: () => {
      message.success(t.saved)
      onClose()
    },
    onError: (error) => {
      if (!(error instanceof Problem) || error.status !== 412) return
      message.warning(t.stale)
      onClose()
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['retention'] }),
  })
  const first = rule && rule !== 'new' ? { ...rule, rows: rowsOf(rule.of) } : FIRST
  const needed = (what: string) => [{ required: true, message: t.required(what) }]
  return (
    <Modal
      open={rule !== undefined}
      title={rule === 'new' ? t.addRule : t.editRule}
      okText={t.save}
      cancelText={t.cancel}
      confirmLoading={write.isPending}
      onOk={form.submit}
      onCancel={onClose}
      afterClose={write.reset}
      destroyOnHidden
    >
      {write.isError && <ProblemAlert problem={write.error} />}
      <Form
        form={form}
        layout="vertical"
        preserve={false}
        initialValues={first}
        onFinish={(written) => write.mutate(written)}
      >
        <Form.Item name="name" label={t.name} rules={needed(t.name)}>
          <Input maxLength={100} autoComplete="off" />
        </Form.Item>
        <Form.Item name="rows" label={t.calls}>
          <Conditions />
        </Form.Item>
        <Form.Item name="after_days" label={`${t.after} (${t.daysLabel})`} rules={needed(t.daysLabel)}>
          <InputNumber min={1} max={36500} precision={0} />
        </Form.Item>
        <Form.Item name="goes" label={t.goes} extra={t.ruleNote}>
          <Radio.Group
            vertical
            options={GOES.map((value) => ({ value, label: format.named(t[value], t[`${value}Told`]) }))}
          />
        </Form.Item>
      </Form>
    </Modal>
  )
}
