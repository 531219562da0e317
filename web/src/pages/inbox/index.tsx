/** The inbox: calls on the left, what of the chosen one asks for review on the right, and keys for all of it. */
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { App, Button, Empty } from 'antd'
import { useCallback, useEffect, useRef, useState } from 'react'
import { api, data } from '@/api/client'
import { useCan, useMe } from '@/app/session'
import { PageHead } from '@/components/page'
import { useStopOnLeave } from '@/components/player'
import { ProblemAlert } from '@/components/problem'
import { useMessages } from '@/i18n'
import { useSettle } from './assign'
import { BulkBar, useAssigning } from './bulk'
import { type Call, useInboxCalls } from './calls'
import { FilterBar } from './filter-bar'
import { chipsOf, type Search } from './filters'
import { useInboxKeys } from './keys'
import { CallList, ListSkeleton } from './list'
import { messages } from './messages'
import { useNews } from './news'
import { Panel } from './panel'
import { stretched, toggled } from './selection'
import { Totals } from './totals'
import { placeOf, useReviewing } from './use-reviewing'
import { SamplesProgress, Welcome } from './welcome'
import { useWide } from './wide'
import './inbox.css'

/** Below so many calls, samples may still be coming in. */
const FEW = 12

export function InboxPage() {
  const t = useMessages(messages)
  const search: Search = useSearch({ from: '/inbox' })
  const list = useInboxCalls(search)
  const { rows } = list
  const bare = list.isSuccess && rows.length === 0 && chipsOf(search).length === 0
  const any = useQuery({
    queryKey: ['calls', 'any'],
    queryFn: () => data(api.GET('/api/v1/calls', { params: { query: { limit: 1 } } })),
    enabled: bare,
  })
  const [fresh, seen] = useNews(rows, list.query)
  const refresh = useCallback(() => {
    seen()
    void list.refresh()
  }, [seen, list.refresh])
  // Nothing is under the cursor of an empty list.
  useEffect(() => {
    if (rows.length === 0 && fresh > 0) refresh()
  }, [rows.length, fresh, refresh])
  const firstRun = bare && any.data?.items.length === 0
  return (
    <div className="inbox">
      <PageHead
        title={t.title}
        hint={
          firstRun ? undefined : <Totals query={list.query} loaded={rows.length} more={list.hasNextPage} />
        }
      />
      {firstRun ? (
        <Welcome />
      ) : (
        <>
          {list.isSuccess && rows.length < FEW && <SamplesProgress />}
          <Work search={search} list={list} fresh={fresh} refresh={refresh} />
        </>
      )}
    </div>
  )
}

interface WorkProps {
  search: Search
  list: ReturnType<typeof useInboxCalls>
  fresh: number
  refresh: () => void
}

function Work({ search, list, fresh, refresh }: WorkProps) {
  const { rows } = list
  const t = useMessages(messages)
  const can = useCan()
  const me = useMe().person.id
  const wide = useWide()
  const navigate = useNavigate({ from: '/inbox' })
  const [filterOpen, setFilterOpen] = useState(false)
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set())
  const anchor = useRef<string>(undefined)
  const chosen = search.call ?? (wide ? rows[0]?.id : undefined)
  const change = useCallback(
    (next: Search) => navigate({ to: '/inbox', search: { ...next, call: undefined }, replace: true }),
    [navigate],
  )
  const choose = useCallback(
    // On one pane, the list is a step back; on two, going through calls leaves no trail.
    (call: string | undefined) =>
      navigate({
        to: '/inbox',
        search: (old) => ({ ...old, call }),
        replace: wide || search.call !== undefined,
      }),
    [navigate, wide, search.call],
  )
  const work = useReviewing(rows, chosen, choose)
  const call: Call | undefined = rows.find((row) => row.id === chosen) ?? work.call
  useStopOnLeave()

  const { notification } = App.useApp()
  const settling = useSettle()
  const { give } = useAssigning()
  const open = (callId: string) => navigate({ to: '/calls/$callId', params: { callId } })
  const tick = (id: string, stretch: boolean) => {
    const ids = rows.map((row) => row.id)
    setTicked((old) => (stretch ? stretched(old, ids, anchor.current, id) : toggled(old, id)))
    anchor.current = id
  }
  const mine = () => call && can('assign') && void give([call], call.assigned_to === me ? undefined : me)
  const settle = () => {
    if (!call || !can('assign')) return
    settling.mutate(call, {
      onError: (problem) => notification.error({ title: t.settleFailed, description: problem.message }),
    })
    work.moveCall(1)
  }
  useInboxKeys({
    call,
    work,
    onOpen: () =>
      call && navigate({ to: '/calls/$callId', params: { callId: call.id }, search: placeOf(work.item) }),
    onMine: mine,
    onSettle: settle,
    onTick: () => chosen && tick(chosen, false),
    onFilter: () => setFilterOpen(true),
    onRefresh: refresh,
  })

  const panel = <Panel call={call} work={work} onAssign={mine} onSettle={settle} />
  if (!wide && search.call) {
    return (
      <Panel call={call} work={work} onAssign={mine} onSettle={settle} onBack={() => choose(undefined)} />
    )
  }
  const tickedRows = rows.filter((row) => ticked.has(row.id))
  return (
    <>
      <FilterBar search={search} change={change} open={filterOpen} setOpen={setFilterOpen} />
      <div className="inbox-panes" data-wide={wide}>
        <div className="inbox-list">
          {fresh > 0 && (
            <Button type="primary" ghost block onClick={refresh} className="inbox-fresh">
              {t.fresh(fresh)}
            </Button>
          )}
          {tickedRows.length > 0 && <BulkBar calls={tickedRows} onDone={() => setTicked(new Set())} />}
          {list.isError && <ProblemAlert problem={list.error} retry={() => list.refetch()} />}
          {list.isPending && <ListSkeleton />}
          {list.isSuccess && rows.length === 0 && <Nothing search={search} change={change} />}
          {rows.length > 0 && (
            <CallList
              rows={rows}
              held={work.held}
              chosen={chosen}
              ticked={ticked}
              tickable={can('assign')}
              more={list.hasNextPage}
              loading={list.isFetchingNextPage}
              onMore={list.fetchNextPage}
              onChoose={choose}
              onOpen={open}
              onTick={tick}
            />
          )}
        </div>
        {wide && rows.length > 0 && panel}
      </div>
    </>
  )
}

function Nothing({ search, change }: { search: Search; change: (search: Search) => void }) {
  const t = useMessages(messages)
  const filtered = chipsOf(search).length > 0
  return (
    <Empty description={filtered ? t.nothing : t.allDone} className="inbox-nothing">
      <p className="inbox-none">{filtered ? t.nothingHint : t.allDoneHint}</p>
      <Button onClick={() => change({ show: 'all' })}>{t.showAll}</Button>
    </Empty>
  )
}
