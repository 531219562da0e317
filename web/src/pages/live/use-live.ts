/** What the service is asked about calls that go on. */
import { useQuery } from '@tanstack/react-query'
import { live } from '@/api/live'

/** How many calls, how late; the calls themselves come by their stream. */
const CAPACITY_MS = 5000
/** Findings that settle are told by no event. */
const DETAIL_MS = 4000

export function useCapacity() {
  return useQuery({
    queryKey: ['live', 'capacity'],
    queryFn: live.calls,
    refetchInterval: CAPACITY_MS,
    select: ({ capacity }) => capacity,
  })
}

export function useLiveCall(id: string, ended: boolean) {
  return useQuery({
    queryKey: ['live', 'call', id],
    queryFn: () => live.call(id),
    refetchInterval: ended ? false : DETAIL_MS,
    staleTime: 0,
  })
}
