/** The queue: how fast it goes, what waits, what is in work, what was put aside and why. */
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { App, Button, Empty, Flex, Segmented, Skeleton, Space, Table, type TableProps } from 'antd'
import { api, data, type Schemas } from '@/api/client'
import { useCan } from '@/app/session'
import { useAddress } from '@/components/address'
import { Pager, usePages } from '@/components/pager'
import { ProblemAlert } from '@/components/problem'
import { useLocale, useMessages } from '@/i18n'
import { jobMessages } from './messages'
import './jobs.css'

type Job = Schemas['Job']

const STATES = ['quarantined', 'leased', 'ready', 'done'] as const
/** Jobs that begin or are given back tell no event. */
const ASKED_MS = 5000

export function JobsTab() {
  const t = useMessages(jobMessages)
  const [address, go] = useAddress()
  const state = STATES.find((state) => state === address.state) ?? 'quarantined'
  const pages = usePages(state)
  const list = useQuery({
    queryKey: ['jobs', 'list', state, pages.cursor],
    queryFn: () => data(api.GET('/api/v1/jobs', { params: { query: { state, cursor: pages.cursor } } })),
    placeholderData: keepPreviousData,
    refetchInterval: ASKED_MS,
  })
  const columns = useColumns(state)
  if (list.isError) return <ProblemAlert problem={list.error} retry={() => list.refetch()} />
  return (
    <>
      <Totals state={state} choose={(state) => go({ state })} />
      <Table
        rowKey="id"
        size="middle"
        loading={list.isPending}
        columns={columns}
        dataSource={list.data?.items ?? []}
        pagination={false}
        locale={{ emptyText: <Empty description={t[`e_${state}`]} /> }}
      />
      <Pager pages={pages} next={list.data?.next} />
    </>
  )
}

function Totals({ state, choose }: { state: string; choose: (state: string) => void }) {
  const t = useMessages(jobMessages)
  const { format } = useLocale()
  const totals = useQuery({
    queryKey: ['jobs', 'totals'],
    queryFn: () => data(api.GET('/api/v1/jobs/totals')),
    refetchInterval: ASKED_MS,
  })
  if (totals.isError) return <ProblemAlert problem={totals.error} retry={() => totals.refetch()} />
  if (!totals.data) return <Skeleton active paragraph={{ rows: 2 }} />
  const { by_state, audio_s_per_s, calls } = totals.data
  return (
    <Flex vertical gap={12} className="jobs-head">
      <dl className="tiles jobs-tiles">
        <div className="tile">
          <dt className="tile-name">{t.speed}</dt>
          <dd className="tile-value">{t.times(format.number(audio_s_per_s, 1))}</dd>
          <dd className="tile-more">{t.speedHint}</dd>
        </div>
        <div className="tile">
          <dt className="tile-name">{t.calls}</dt>
          <dd className="tile-value">
            {format.number(calls)} {t.callsUnit}
          </dd>
        </div>
      </dl>
      <div>
        <Segmented
          aria-label={t.state}
          value={state}
          onChange={choose}
          options={STATES.map((value) => ({
            value,
            label: `${t[value]} ${format.number(by_state[value] ?? 0)}`,
          }))}
        />
      </div>
    </Flex>
  )
}

function useColumns(state: string): TableProps<Job>['columns'] {
  const t = useMessages(jobMessages)
  const { format } = useLocale()
  return [
    { title: t.what, render: (_, { kind }) => (kind === 'analyse' ? t.analyse : kind) },
    {
      title: t.lane,
      width: 90,
      render: (_, { lane }) => (lane === 'new' || lane === 'backlog' ? t[lane] : lane),
    },
    {
      title: t.attempts,
      width: 92,
      align: 'right',
      render: (_, { attempts, attempts_max }) => `${attempts} / ${attempts_max}`,
    },
    { title: t.why, render: (_, { why }) => <span className="row-long">{why}</span> },
    {
      title: t.when,
      width: 130,
      render: (_, { changed, run_after, leased_until }) => (
        <>
          <time title={format.dateTime(changed)}>{format.ago(changed)}</time>
          {state === 'ready' && Date.parse(run_after) > Date.now() && (
            <div className="jobs-hint">{t.after(format.time(run_after))}</div>
          )}
          {state === 'leased' && leased_until && (
            <div className="jobs-hint">{t.until(format.time(leased_until))}</div>
          )}
        </>
      ),
    },
    {
      width: 140,
      render: (_, job) => (
        <Space size={8}>
          {job.kind === 'analyse' && (
            <Link to="/ingest" search={{ tab: 'ledger', entry: job.key }}>
              {t.file}
            </Link>
          )}
          {state === 'quarantined' && <Retry id={job.id} />}
        </Space>
      ),
    },
  ]
}

function Retry({ id }: { id: string }) {
  const t = useMessages(jobMessages)
  const can = useCan()
  const client = useQueryClient()
  const { message } = App.useApp()
  const retry = useMutation({
    mutationFn: () => data(api.POST('/api/v1/jobs/{job_id}/retry', { params: { path: { job_id: id } } })),
    onSuccess: () => {
      message.success(t.retried)
      void client.invalidateQueries({ queryKey: ['ledger'] })
      return client.invalidateQueries({ queryKey: ['jobs'] })
    },
    onError: (error) => message.error(error.message),
  })
  if (!can('ledger.write')) return null
  return (
    <Button size="small" loading={retry.isPending} onClick={() => retry.mutate()}>
      {t.retry}
    </Button>
  )
}
