/** What happens while one works: changed calls are patched into their rows, new ones counted. */
import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useRef, useState } from 'react'
import { type Happening, useHappening } from '@/api/events'
import { useMe } from '@/app/session'
import { callQuery } from '@/components/review/queries'
import { patchRow, type Row } from './calls'
import { belongs } from './filters'

/** Bursts are looked at together, after this time in ms, and in parts. */
const GATHER_MS = 1500
const AT_ONCE = 20

/** How many new calls would be in the list; and what forgets them. */
export function useNews(rows: Row[], query: Record<string, string | boolean>): [number, () => void] {
  const client = useQueryClient()
  const me = useMe().person.id
  const [fresh, setFresh] = useState<ReadonlySet<string>>(new Set())
  const state = useRef({ ids: new Set<string>(), query, me })
  state.current = { ids: new Set(rows.map((row) => row.id)), query, me }
  const heard = useRef(new Set<string>())
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)

  const look = useCallback(async () => {
    timer.current = undefined
    const ids = [...heard.current].slice(0, AT_ONCE)
    for (const id of ids) heard.current.delete(id)
    if (heard.current.size > 0) timer.current = setTimeout(look, GATHER_MS)
    const answers = await Promise.allSettled(
      ids.map((id) => client.fetchQuery({ ...callQuery(id), staleTime: 0 })),
    )
    const { ids: known, query, me } = state.current
    const come: string[] = []
    for (const answer of answers) {
      // A call that has gone, or that this person does not see, is no news.
      if (answer.status === 'rejected') continue
      const { scorecards: _, ...call } = answer.value
      if (known.has(call.id)) patchRow(client, call.id, call)
      else if (belongs(call, query, me)) come.push(call.id)
    }
    if (come.length > 0) setFresh((old) => new Set([...old, ...come]))
  }, [client])

  const hear = useCallback(
    (event: Happening) => {
      if (!event.call_id || event.kind === 'call.deleted') return
      const known = state.current.ids.has(event.call_id)
      if (!known && event.kind !== 'call.analysed') return
      heard.current.add(event.call_id)
      timer.current ??= setTimeout(look, GATHER_MS)
    },
    [look],
  )
  useHappening(hear)
  useEffect(() => () => clearTimeout(timer.current), [])
  // What is in the list now is new no more.
  const count = [...fresh].filter((id) => !state.current.ids.has(id)).length
  return [count, useCallback(() => setFresh(new Set()), [])]
}
