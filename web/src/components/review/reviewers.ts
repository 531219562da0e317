/** Who reviews calls: for giving calls to them, and for reading whose a call is. */
import { useQuery } from '@tanstack/react-query'
import { api, data } from '@/api/client'
import { useCan } from '@/app/session'

const NOBODY: ReadonlyMap<string, string> = new Map()

/** Names by id, for those who may assign; others need not know. */
export function useReviewers(): ReadonlyMap<string, string> {
  const can = useCan()
  const reviewers = useQuery({
    queryKey: ['reviewers'],
    enabled: can('assign'),
    staleTime: 300_000,
    queryFn: () => data(api.GET('/api/v1/reviewers')),
    select: (all) => new Map(all.map(({ id, name }) => [id, name])),
  })
  return reviewers.data ?? NOBODY
}
