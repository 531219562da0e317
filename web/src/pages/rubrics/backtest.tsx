/** Judges kept calls by the draft and shows what would change, before anything is published. */
import { useMutation, useQuery } from '@tanstack/react-query'
import { Alert, Button, Flex, Form, InputNumber, Progress, Select, Typography } from 'antd'
import { useState } from 'react'
import { api, data, type Schemas } from '@/api/client'
import { DayRange, type Days } from '@/components/day-range'
import { momentsOf } from '@/components/days'
import { ProblemAlert } from '@/components/problem'
import { UnitSelect, useUnitWords } from '@/components/units'
import { useLocale, useMessages } from '@/i18n'
import { BacktestShown } from './backtest-result'
import { useCheck } from './check'
import { messages } from './messages'
import { useNames } from './names'

interface Asked {
  versus: string
  limit: number
  client?: string
  project?: string
  team?: string
  days?: Days
}

const LOOK_MS = 700

interface Props {
  id: string
  text: string
  /** Whether the draft differs from what is in force. */
  changed: boolean
  inForce: Schemas['RubricOutline']
  versions: number[]
}

export function Backtest({ id, text, changed, inForce, versions }: Props) {
  const t = useMessages(messages)
  const { format } = useLocale()
  const units = useUnitWords()
  const nameOf = useNames([useCheck(text).data?.outline, inForce])
  const [running, setRunning] = useState<string | null>(null)
  const begin = useMutation({
    mutationFn: ({ versus, limit, days = {}, ...units }: Asked) =>
      data(
        api.POST('/api/v1/rubrics/{rubric_id}/backtests', {
          params: { path: { rubric_id: id } },
          body: {
            text,
            versus,
            limit,
            calls: {
              ...units,
              ...momentsOf(days),
            },
          },
        }),
      ),
    onSuccess: (backtest) => setRunning(backtest.id),
  })
  const backtest = useQuery({
    queryKey: ['rubric-backtest', id, running],
    enabled: running !== null,
    queryFn: () =>
      data(
        api.GET('/api/v1/rubrics/{rubric_id}/backtests/{backtest_id}', {
          params: { path: { rubric_id: id, backtest_id: running! } },
        }),
      ),
    refetchInterval: ({ state }) =>
      state.data && ['done', 'failed'].includes(state.data.state) ? false : LOOK_MS,
  })
  const stop = useMutation({
    mutationFn: () =>
      data(
        api.DELETE('/api/v1/rubrics/{rubric_id}/backtests/{backtest_id}', {
          params: { path: { rubric_id: id, backtest_id: running! } },
        }),
      ),
    onSuccess: () => setRunning(null),
  })
  const now = running === null ? undefined : backtest.data
  const busy = now?.state === 'waiting' || now?.state === 'running'
  const versus = [
    { value: 'in_force', label: t.inForce },
    { value: 'scored', label: t.scored },
    ...versions.map((version) => ({ value: String(version), label: t.olderVersion(version) })),
  ]
  return (
    <Flex vertical gap={12}>
      <Typography.Text type="secondary">{t.backtestHint}</Typography.Text>
      {!changed && <Alert type="info" showIcon title={t.nothingToTest} />}
      <Form
        layout="vertical"
        initialValues={{ versus: 'in_force', limit: 10_000 }}
        onFinish={begin.mutate}
        className="rubric-asked"
      >
        <Form.Item name="versus" label={t.versus}>
          <Select options={versus} popupMatchSelectWidth={false} />
        </Form.Item>
        <Form.Item name="days" label={t.days}>
          <DayRange />
        </Form.Item>
        {(['client', 'project', 'team'] as const).map((kind) => (
          <Form.Item key={kind} name={kind} label={units[kind]}>
            <UnitSelect kind={kind} placeholder={t.all} />
          </Form.Item>
        ))}
        <Form.Item name="limit" label={t.limit}>
          <InputNumber min={1} max={200_000} step={1000} />
        </Form.Item>
        <Flex gap={8}>
          <Button type="primary" htmlType="submit" loading={begin.isPending || busy}>
            {t.runBacktest}
          </Button>
          {busy && <Button onClick={() => stop.mutate()}>{t.stop}</Button>}
        </Flex>
      </Form>
      {begin.isError && <ProblemAlert problem={begin.error} />}
      {backtest.isError && <ProblemAlert problem={backtest.error} />}
      {now?.state === 'failed' && <Alert type="error" showIcon title={t.failedBacktest} />}
      {busy && (
        <div role="status">
          <Progress
            aria-label={t.backtest}
            percent={now.total > 0 ? Math.floor((100 * now.done) / now.total) : 0}
          />
          {now.state === 'waiting'
            ? t.waiting(now.before ?? 0)
            : t.progress(format.number(now.done), format.number(now.total))}
        </div>
      )}
      {now?.result && <BacktestShown result={now.result} nameOf={nameOf} />}
    </Flex>
  )
}
