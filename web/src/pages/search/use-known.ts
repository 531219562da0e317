/** What the box can offer beside the language itself. */
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { api, data } from '@/api/client'
import { useCan } from '@/app/session'
import { UNIT_KINDS, useUnits } from '@/components/units'
import type { KnownUnit } from './suggest'

export const SEARCHES = ['searches'] as const

/** The person's kept searches, the newest first. */
export function useSearches() {
  const can = useCan()
  return useQuery({
    queryKey: SEARCHES,
    queryFn: async () => (await data(api.GET('/api/v1/searches'))).toReversed(),
    enabled: can('searches'),
  })
}

export function useKnown(wanted: boolean) {
  const kept = useSearches().data
  const client = useUnits('client').data
  const vendor = useUnits('vendor').data
  const project = useUnits('project').data
  const team = useUnits('team').data
  const queue = useUnits('queue').data
  const agent = useUnits('agent').data
  return useMemo(() => {
    if (!wanted) return { units: [], kept: [] }
    const lists = { client, vendor, project, team, queue, agent }
    const units = UNIT_KINDS.flatMap((kind) =>
      (lists[kind] ?? []).map(({ id, name }): KnownUnit => ({ kind, id, name })),
    )
    return { units, kept: kept ?? [] }
  }, [wanted, kept, client, vendor, project, team, queue, agent])
}
