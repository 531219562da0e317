/** The inbox's list: pages of calls as one scrolls, and what keeps its rows true without moving them. */
import { type InfiniteData, type QueryClient, useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useMemo } from 'react'
import { api, data, type Schemas } from '@/api/client'
import { queryOf, type Search } from './filters'

export type Call = Schemas['Call']

/** A call in the list. */
export type Row = Schemas['CallInList']

type Pages = InfiniteData<Schemas['Page_CallInList'], string | undefined>

const PAGE = 100
/**
 * Not `calls`: events make those old, and a list that was asked for anew would move under the cursor. What changed is
 * patched into its row; what is new is told, and shown when the person wants it.
 */
const INBOX = 'inbox'

/** Pages that are asked for anew when the page is come back to; more would take too long. */
const AGAIN_PAGES_MAX = 2

export function useInboxCalls(search: Search) {
  const client = useQueryClient()
  const day = new Date().toDateString()
  const query = useMemo(() => queryOf(search, new Date(day)), [search, day])
  const sort = search.sort === 'time' ? 'time' : 'risk'
  const queryKey = [INBOX, sort, query]
  const answer = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) =>
      data(
        api.GET('/api/v1/calls', {
          params: { query: { ...query, sort, limit: PAGE, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    staleTime: 0,
    refetchOnReconnect: false,
    refetchOnMount: ({ state }) => (state.data?.pages.length ?? 0) <= AGAIN_PAGES_MAX,
  })
  const rows = useMemo(() => answer.data?.pages.flatMap((page) => page.items) ?? [], [answer.data])
  const refresh = useCallback(() => client.resetQueries({ queryKey: [INBOX] }), [client])
  return { ...answer, rows, query, refresh }
}

/** Writes what is known of a call into its row, where it stands. */
export function patchRow(client: QueryClient, id: string, patch: Partial<Row>): void {
  client.setQueriesData<Pages>({ queryKey: [INBOX] }, (old) => {
    if (!old?.pages.some((page) => page.items.some((row) => row.id === id))) return old
    const pages = old.pages.map((page) => ({
      ...page,
      items: page.items.map((row) => (row.id === id ? { ...row, ...patch } : row)),
    }))
    return { ...old, pages }
  })
}
