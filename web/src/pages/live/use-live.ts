/** What the service is asked about calls that go on. */
import { useQuery } from '@tanstack/react-query'
import { live } from '@/api/live'

/** Findings that settle are told by no event. */
const DETAIL_MS = 4000

export function useLiveCall(id: string, ended: boolean) {
  return useQuery({
    queryKey: ['live', 'call', id],
    queryFn: () => live.call(id),
    refetchInterval: ended ? false : DETAIL_MS,
    staleTime: 0,
  })
}
