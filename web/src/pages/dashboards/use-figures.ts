/** What the page asks for, from its address; and the service's figures. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useMemo } from 'react'
import { api, data } from '@/api/client'
import { UNIT_KINDS } from '@/components/units'
import { offsetMin, spanOf, type When, whenOf } from './range'
import type { By } from './shape'

type Params = Record<string, string | undefined>

/** Parameters of the figures. Days stay the same ones while the page is open. */
export interface Asked {
  from?: string | undefined
  to?: string | undefined
  client?: string | undefined
  vendor?: string | undefined
  project?: string | undefined
  team?: string | undefined
  queue?: string | undefined
  agent?: string | undefined
}

export function useParams(): [Params, (change: Params) => void] {
  const params = useSearch({ strict: false }) as Params
  const navigate = useNavigate()
  const change = (change: Params) =>
    void navigate({ to: '.', search: { ...params, ...change }, replace: true })
  return [params, change]
}

/** The units that are filtered by. */
export function useUnitFilter(): Asked {
  const [params] = useParams()
  const written = JSON.stringify(UNIT_KINDS.map((kind) => [kind, params[kind] || undefined]))
  return useMemo(() => Object.fromEntries(JSON.parse(written)) as Asked, [written])
}

export function useOverview(asked: Asked, enabled = true) {
  const query = { ...asked, offset_min: offsetMin() }
  return useQuery({
    queryKey: ['stats', 'overview', query],
    queryFn: () => data(api.GET('/api/v1/stats/overview', { params: { query } })),
    placeholderData: keepPreviousData,
    enabled,
  })
}

export function useCompliance(by: By, asked: Asked) {
  const query = { ...asked, by, offset_min: offsetMin() }
  return useQuery({
    queryKey: ['stats', 'compliance', query],
    queryFn: () => data(api.GET('/api/v1/stats/compliance', { params: { query } })),
    placeholderData: keepPreviousData,
  })
}

export function useDistribution(measure: string, asked: Asked) {
  const query = { ...asked, measure }
  return useQuery({
    queryKey: ['stats', 'distribution', query],
    queryFn: () => data(api.GET('/api/v1/stats/distribution', { params: { query } })),
    placeholderData: keepPreviousData,
  })
}

/** What is shown where nobody has chosen a time. */
const USUAL: When = '30d'

/**
 * The time that is shown. Where nobody has chosen one and the usual one is empty, it is all there is: after sample
 * calls of long ago were loaded, a page without a figure would help nobody.
 */
export function useRange() {
  const [params] = useParams()
  const units = useUnitFilter()
  const now = useMemo(() => new Date(), [])
  const chosen = whenOf(params)
  const usual = useOverview({ ...units, ...spanOf(USUAL, params, now) }, chosen === undefined)
  const when = chosen ?? (usual.data?.all === 0 ? 'all' : USUAL)
  const written = JSON.stringify({ ...units, ...spanOf(when, params, now) })
  const asked = useMemo(() => JSON.parse(written) as Asked, [written])
  const today = useMemo(() => ({ ...units, ...spanOf('today', {}, now) }), [units, now])
  return { when, asked, today }
}
