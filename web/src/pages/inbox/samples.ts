/** The sample calls: whether they may be loaded, and how far they are. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, data } from '@/api/client'
import { useCan } from '@/app/session'

export interface Samples {
  can_load: boolean
  /** `has_calls`, `loaded` or `scope`. */
  why_not?: string
  total: number
  loaded: number
  done: number
  failed: number
}

const PATH = '/api/v1/samples' as never
const KEY = ['samples']
const LOOK_MS = 2000

export function underWay(samples: Samples | undefined): boolean {
  return samples !== undefined && samples.loaded > 0 && samples.done + samples.failed < samples.total
}

export function useSamples(enabled: boolean) {
  const can = useCan()
  return useQuery({
    queryKey: KEY,
    queryFn: () => data(api.GET(PATH)) as Promise<Samples>,
    enabled: enabled && can('upload'),
    refetchInterval: ({ state }) => (underWay(state.data) ? LOOK_MS : false),
  })
}

export function useLoadSamples() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => data(api.POST(PATH)) as Promise<Samples>,
    onSuccess: (samples) => client.setQueryData(KEY, samples),
  })
}
