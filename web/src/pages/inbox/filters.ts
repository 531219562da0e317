/**
 * What stands in the inbox's address, and what is asked of the service for it. Names are the service's own, so that a
 * figure elsewhere opens its calls by the parameters that it was counted by.
 */
import { lastDays, momentsOf } from '@/components/days'

export type Search = Record<string, string | undefined>

/** Filters with a chip each, in the order of their chips. */
export const FILTERS = [
  'assigned_to',
  'verdict',
  'failed',
  'rubric',
  'criterion',
  'finding',
  'problem',
  'review_state',
  'client',
  'vendor',
  'project',
  'team',
  'queue',
  'agent',
  'direction',
  'kind',
  'language',
  'when',
  'from',
  'to',
  'score_min',
  'score_max',
  'measure',
  'at_least',
  'below',
] as const
export type Filter = (typeof FILTERS)[number]

export const PRESETS = { today: 1, '7d': 7, '30d': 30 } as const
export type Preset = keyof typeof PRESETS

/** Whether only calls with something to decide are shown. */
export function showsOpen(search: Search): boolean {
  return search.undecided === 'true' || search.show !== 'all'
}

/** What to ask of the service. A day as a bound is that whole day where the reader is. */
export function queryOf(search: Search, now: Date): Record<string, string | boolean> {
  const query: Record<string, string | boolean> = {}
  for (const name of FILTERS) {
    const value = search[name]
    if (value !== undefined && name !== 'when') query[name] = value
  }
  if (search.when && search.when in PRESETS) {
    // Calls that come while one looks belong to them too.
    query.from = lastDays(PRESETS[search.when as Preset], now).from
    delete query.to
  } else Object.assign(query, momentsOf(search))
  if (showsOpen(search)) query.undecided = true
  return query
}

/** Filters that are set. A preset hides the bounds that it sets. */
export function chipsOf(search: Search): { name: Filter; value: string }[] {
  return FILTERS.flatMap((name) => {
    const value = search[name]
    if (value === undefined || value === '') return []
    if ((name === 'from' || name === 'to') && search.when) return []
    return [{ name, value }]
  })
}

/** The address without its filters. */
export function cleared(search: Search): Search {
  return Object.fromEntries(Object.entries(search).filter(([name]) => !FILTERS.some((one) => one === name)))
}

/** Whether a call that has just come would be in the list, as far as its own columns say. */
export function belongs(call: object, query: Record<string, string | boolean>, me: string): boolean {
  const columns = call as Record<string, unknown>
  const same = [
    'client',
    'vendor',
    'project',
    'team',
    'queue',
    'agent',
    'direction',
    'language',
    'verdict',
    'review_state',
    'kind',
  ]
  if (same.some((name) => query[name] !== undefined && query[name] !== (columns[name] ?? ''))) return false
  const assigned =
    query.assigned_to === 'me' ? me : query.assigned_to === 'none' ? undefined : query.assigned_to
  if (query.assigned_to !== undefined && (columns.assigned_to ?? undefined) !== assigned) return false
  const started = Date.parse(String(columns.started))
  if (typeof query.from === 'string' && started < Date.parse(query.from)) return false
  return !(typeof query.to === 'string' && started >= Date.parse(query.to))
}
