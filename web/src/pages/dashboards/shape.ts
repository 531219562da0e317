/** What charts draw of the service's figures: which groups and bins, under which names. */
import type { Schemas } from '@/api/client'

export type Group = Schemas['ComplianceGroup']
export type Bin = Schemas['Bin']

export const BYS = ['vendor', 'team', 'agent', 'criterion', 'week'] as const
export type By = (typeof BYS)[number]

/** Bars of a chart that can still be read. */
export const BARS_MAX = 20

/** Groups that are drawn: those with a share, the lowest first; of weeks the last ones. */
export function drawnOf(groups: Group[], by: By): Group[] {
  const judged = groups.filter((group) => group.compliance.share != null)
  return by === 'week' ? judged.slice(-BARS_MAX) : judged.slice(0, BARS_MAX)
}

/** A name for each group of its own; two with one name are told apart by what else is known. */
export function namesOf(groups: Group[], unknown: string): string[] {
  const plain = groups.map((group) => group.name ?? group.key ?? unknown)
  return plain.map((name, ix) => {
    if (plain.indexOf(name) === plain.lastIndexOf(name)) return name
    const more = groups[ix]!.rubric ?? groups[ix]!.key
    return more ? `${name} (${more})` : name
  })
}

/** Bins without the empty ones before the first call and after the last. */
export function trimmed(bins: Bin[]): Bin[] {
  const first = bins.findIndex((bin) => bin.calls > 0)
  const last = bins.findLastIndex((bin) => bin.calls > 0)
  return first < 0 ? [] : bins.slice(Math.max(0, first - 1), last + 2)
}

/** What stands in the inbox's address for a figure's calls, settled ones too. */
export const opened = <F extends object>(filter: F) => ({ ...filter, show: 'all' })
