/** The sample calls: whether they may be loaded, and how far they are. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, data, type Schemas } from '@/api/client'
import { useCan } from '@/app/session'

export type Samples = Schemas['Samples']

const PATH = '/api/v1/samples'
const KEY = ['samples']
const LOOK_MS = 2000

export function underWay(samples: Samples | undefined): boolean {
  return samples !== undefined && samples.loaded > 0 && samples.done + samples.failed < samples.total
}

export function useSamples(enabled: boolean) {
  const can = useCan()
  return useQuery({
    queryKey: KEY,
    queryFn: () => data(api.GET(PATH)),
    enabled: enabled && can('upload'),
    refetchInterval: ({ state }) => (underWay(state.data) ? LOOK_MS : false),
  })
}

export function useLoadSamples() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => data(api.POST(PATH)),
    onSuccess: (samples) => client.setQueryData(KEY, samples),
  })
}
