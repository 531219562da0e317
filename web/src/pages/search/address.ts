/** A search as it stands in the address, and as the service takes it. */
import type { Schemas } from '@/api/client'
import { dayAt, momentOf } from '@/components/days'
import { soundsLike } from './query'

/** What calls can be filtered by, in the order in which it is shown. */
export const FACTS = [
  'verdict',
  'failed',
  'client',
  'vendor',
  'project',
  'team',
  'agent',
  'queue',
  'problem',
  'review',
  'direction',
  'language',
] as const
export type Fact = (typeof FACTS)[number]

export const ORDERS = ['risk', 'newest', 'oldest', 'relevance'] as const
export type Order = (typeof ORDERS)[number]

export interface Search {
  q: string
  /** Every word by its sound. */
  sounds: boolean
  facts: Partial<Record<Fact, string[]>>
  /** Local days, both included: 2026-01-31. */
  from: string | undefined
  to: string | undefined
  order: Order
}

type Params = Record<string, string | undefined>

const DAY = /^\d{4}-\d{2}-\d{2}$/
const dayOf = (text: string | undefined) => (text && DAY.test(text) ? text : undefined)

// Values stand behind one another with commas; their own commas are written otherwise.
const joined = (values: string[]) =>
  values.map((value) => value.replace(/[%,]/g, encodeURIComponent)).join(',')
const split = (text: string) =>
  text
    .split(',')
    .filter(Boolean)
    .map((value) => value.replace(/%2C|%25/g, decodeURIComponent))

export function searchOf(params: Params): Search {
  const facts: Search['facts'] = {}
  for (const fact of FACTS) {
    const values = split(params[fact] ?? '')
    if (values.length > 0) facts[fact] = values
  }
  return {
    q: params.q ?? '',
    sounds: params.sounds === '1',
    facts,
    from: dayOf(params.from),
    to: dayOf(params.to),
    order: ORDERS.find((order) => order === params.sort) ?? 'risk',
  }
}

/** Only what is not as usual stands in the address. */
export function paramsOf({ q, sounds, facts, from, to, order }: Search): Params {
  const params: Params = {}
  if (q) params.q = q
  if (sounds) params.sounds = '1'
  for (const fact of FACTS) {
    const values = facts[fact]
    if (values && values.length > 0) params[fact] = joined(values)
  }
  if (from) params.from = from
  if (to) params.to = to
  if (order !== 'risk') params.sort = order
  return params
}

/** What is looked for, without pages and counts: as it is kept under a name. */
export function keptOf(search: Search): Schemas['SearchQuery'] {
  const q = search.q.trim()
  return {
    query: q ? (search.sounds ? soundsLike(q).query : q) : null,
    facts: search.facts,
    measures: {},
    from: search.from ? momentOf(search.from) : null,
    to: search.to ? momentOf(search.to, 1) : null,
    order: search.order,
    facets: [],
    limit: null,
    hits: null,
    cursor: null,
  }
}

/** A kept search, to go on with. The service keeps sounds in the query itself. */
export function reopened(kept: Schemas['SearchQuery']): Search {
  const order = ORDERS.find((order) => order === kept.order)
  const facts: Search['facts'] = {}
  for (const fact of FACTS) {
    const values = kept.facts?.[fact]
    if (values && values.length > 0) facts[fact] = values
  }
  return {
    q: kept.query ?? '',
    sounds: false,
    facts,
    from: kept.from ? dayAt(kept.from) : undefined,
    // The end is not included: the day before it is the last.
    to: kept.to ? dayAt(kept.to, 1) : undefined,
    order: order ?? 'risk',
  }
}

/** With a value of a fact, or without it. */
export function toggled(search: Search, fact: Fact, value: string): Search {
  const values = search.facts[fact] ?? []
  const next = values.includes(value) ? values.filter((other) => other !== value) : [...values, value]
  const facts = { ...search.facts, [fact]: next }
  if (next.length === 0) delete facts[fact]
  return { ...search, facts }
}
