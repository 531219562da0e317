/** What is raised, how often, and when nobody is to be disturbed. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { App, Button, Card, Form, InputNumber, Segmented, Skeleton, Switch, TimePicker } from 'antd'
import dayjs, { type Dayjs } from 'dayjs'
import { type AlertPolicy, alerts } from '@/api/live'
import { ProblemAlert } from '@/components/problem'
import { usePageTexts } from './messages'

const SEVERITIES = ['minor', 'major', 'critical'] as const
const TIME = 'HH:mm'
/** A day of no meaning: only the times are read. */
const at = (time: string) => dayjs(`2000-01-01T${time}`)

interface Written extends Omit<AlertPolicy, 'quiet_hours'> {
  quiet: boolean
  hours?: [Dayjs, Dayjs] | undefined
}

export function PolicyTab() {
  const policy = useQuery({ queryKey: ['alerts', 'policy'], queryFn: alerts.policy })
  if (policy.isError) return <ProblemAlert problem={policy.error} retry={() => policy.refetch()} />
  if (!policy.data) return <Skeleton active />
  return <PolicyForm key={policy.dataUpdatedAt} policy={policy.data} />
}

function PolicyForm({ policy }: { policy: AlertPolicy }) {
  const t = usePageTexts()
  const client = useQueryClient()
  const { message } = App.useApp()
  const [form] = Form.useForm<Written>()
  const quiet = Form.useWatch('quiet', form) ?? Boolean(policy.quiet_hours)
  const write = useMutation({
    mutationFn: ({ quiet, hours, ...rest }: Written) =>
      alerts.writePolicy({
        ...rest,
        quiet_hours: quiet && hours ? { from: hours[0].format(TIME), to: hours[1].format(TIME) } : null,
      }),
    onSuccess: () => {
      message.success(t.saved)
      return client.invalidateQueries({ queryKey: ['alerts', 'policy'] })
    },
  })
  const { quiet_hours: hours, ...rest } = policy
  return (
    <Card style={{ maxWidth: 620 }}>
      <Form<Written>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{
          ...rest,
          quiet: Boolean(hours),
          hours: hours ? [at(hours.from), at(hours.to)] : undefined,
        }}
        onFinish={write.mutate}
      >
        <Form.Item name="severity_min" label={t.severityMin} extra={t.severityHint}>
          <Segmented options={SEVERITIES.map((value) => ({ value, label: t[value] }))} />
        </Form.Item>
        <Form.Item name="cool_down_s" label={t.coolDown} extra={t.coolDownHint} rules={[{ required: true }]}>
          <InputNumber min={0} max={86_400} precision={0} />
        </Form.Item>
        <Form.Item
          name="budget_per_10_min"
          label={t.budget}
          extra={t.budgetHint}
          rules={[{ required: true }]}
        >
          <InputNumber min={0} max={10_000} precision={0} />
        </Form.Item>
        <Form.Item
          name="escalate_after_s"
          label={t.escalate}
          extra={t.escalateHint}
          rules={[{ required: true }]}
        >
          <InputNumber min={0} max={86_400} precision={0} />
        </Form.Item>
        <Form.Item name="quiet" label={t.quiet} extra={t.quietHint} valuePropName="checked">
          <Switch />
        </Form.Item>
        {quiet && (
          <Form.Item
            name="hours"
            rules={[
              { required: true, message: t.quietNeeded },
              {
                validator: (_, hours: Written['hours']) =>
                  hours && hours[0].format(TIME) === hours[1].format(TIME)
                    ? Promise.reject(new Error(t.quietSame))
                    : Promise.resolve(),
              },
            ]}
          >
            {/* They may go over midnight: 22:00 to 07:00. */}
            <TimePicker.RangePicker
              format={TIME}
              order={false}
              aria-label={t.quiet}
              placeholder={[t.from, t.to]}
            />
          </Form.Item>
        )}
        {write.isError && <ProblemAlert problem={write.error} />}
        <Button type="primary" htmlType="submit" loading={write.isPending}>
          {t.save}
        </Button>
      </Form>
    </Card>
  )
}
