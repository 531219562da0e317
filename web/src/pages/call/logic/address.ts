/** What of the workbench stands in its address. */
import type { Named } from './marks'
import { type Evidence, placed, type Stretch } from './report'
import type { Filter } from './walk'

export type Params = Record<string, string | undefined>
export type Tab = 'said' | 'score' | 'measures' | 'decisions'

const TABS: Tab[] = ['said', 'score', 'measures', 'decisions']
const FILTERS: Filter[] = ['problems', 'undecided', 'all']

export function tabOf(params: Params): Tab | undefined {
  return TABS.find((tab) => tab === params.tab)
}

export function filterOf(params: Params): Filter | undefined {
  return FILTERS.find((filter) => filter === params.show)
}

export function namedIn(params: Params): Named | undefined {
  const { rubric, criterion } = params
  return rubric && criterion ? { rubric, criterion } : undefined
}

/** A link to a tenth of a second, and to the finding that is looked at. */
export function linkTo(page: string, at: number, named: Named | undefined): string {
  const params = new URLSearchParams({ t: String(Math.round(at * 10) / 10) })
  if (named) {
    params.set('rubric', named.rubric)
    params.set('criterion', named.criterion)
  }
  return `${page}?${params}`
}

/** What to hear for a finding: words before near misses, and those before the window that was searched. */
const ORDER: Record<string, number> = { near_miss: 1, absence: 2 }

export function firstPlayable(evidence: readonly Evidence[]): (Evidence & Stretch) | undefined {
  const all = evidence.filter(placed)
  return all.sort((a, b) => (ORDER[a.kind] ?? 0) - (ORDER[b.kind] ?? 0))[0]
}
