/** The search that stands in the address, its answer, and the way to another. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch as useParams } from '@tanstack/react-router'
import { useMemo, useRef } from 'react'
import { api, data, Problem } from '@/api/client'
import { FACTS, keptOf, paramsOf, type Search, searchOf } from './address'
import { type Fault, faultOf, soundsLike } from './query'

const PAGE = 20
/** Utterances asked for of a call; the page shows few, and the others on demand. */
const HITS = 10

export function useSearchPage() {
  const params = useParams({ strict: false }) as Record<string, string | undefined>
  const navigate = useNavigate()
  const search = useMemo(() => searchOf(params), [params])
  const { cursor } = params
  const page = cursor ? Math.max(2, Number(params.page) || 2) : 1
  // Cursors lead onwards only: the ones that were come by lead back.
  const past = useRef(new Map<number, string | undefined>())
  past.current.set(page, cursor)

  const asked = { ...keptOf(search), facets: [...FACTS], limit: PAGE, hits: HITS, cursor: cursor ?? null }
  const answer = useQuery({
    queryKey: ['calls', 'search', asked],
    queryFn: () => data(api.POST('/api/v1/search', { body: asked })),
    placeholderData: keepPreviousData,
  })

  const go = (next: Search) => {
    past.current.clear()
    void navigate({ to: '/search', search: paramsOf(next) })
  }
  const turn = (to: number, cursor: string | undefined) =>
    void navigate({
      to: '/search',
      search: { ...paramsOf(search), ...(cursor && { cursor, page: String(to) }) },
    })
  const next = answer.data?.next
  return {
    search,
    answer,
    go,
    fault: faultIn(search, answer.error),
    page,
    onNext: next && !answer.isPlaceholderData ? () => turn(page + 1, next) : undefined,
    onPrevious:
      page > 1
        ? () => turn(past.current.has(page - 1) ? page - 1 : 1, past.current.get(page - 1))
        : undefined,
  }
}

/** A mistake in the query, at its place in what was typed. */
function faultIn(search: Search, error: Error | null): Fault | undefined {
  const fault = error instanceof Problem && error.status === 422 ? faultOf(error.detail) : undefined
  if (!fault || !search.sounds) return fault
  return { ...fault, at: soundsLike(search.q.trim()).placeOf(fault.at) }
}
