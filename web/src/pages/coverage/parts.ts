/** What a whole is cut into, and whether the parts make it up. */
import type { Schemas } from '@/api/client'
import { fileName } from '@/pages/ingest/ledger/remedy'

export type Coverage = Schemas['Coverage']

export type FilePart = 'done' | 'underway' | 'skipped' | 'failed' | 'quarantined'
export type CallPart = 'scoredCalls' | 'undetermined' | 'notApplicable' | 'deleted'

export interface Part<Name extends string> {
  name: Name
  count: number
  /** What the ledger or the inbox is asked for; absent where nothing can be opened. */
  search: Record<string, string> | undefined
}

/** Files by what became of them. States that lead to one another are one part. */
export function filesOf({ by_state: by }: Coverage): Part<FilePart>[] {
  const of = (state: string) => by[state] ?? 0
  return [
    { name: 'done', count: of('done'), search: { state: 'done' } },
    {
      name: 'underway',
      count: of('seen') + of('stable') + of('claimed'),
      // The ledger is asked for one state: the one that most of them are in.
      search: {
        state: ['seen', 'stable', 'claimed'].reduce((most, next) => (of(next) > of(most) ? next : most)),
      },
    },
    { name: 'skipped', count: of('skipped'), search: { state: 'skipped' } },
    { name: 'failed', count: of('failed'), search: { state: 'failed' } },
    { name: 'quarantined', count: of('quarantined'), search: { state: 'quarantined' } },
  ]
}

/** What the files that are done became. */
export function callsOf({ calls }: Coverage): Part<CallPart>[] {
  return [
    { name: 'scoredCalls', count: calls.scored, search: undefined },
    { name: 'undetermined', count: calls.undetermined, search: { verdict: 'undetermined', show: 'all' } },
    {
      name: 'notApplicable',
      count: calls.not_applicable,
      search: { verdict: 'not_applicable', show: 'all' },
    },
    { name: 'deleted', count: calls.deleted, search: undefined },
  ]
}

/** A reason's example: which file, and what was said of it. */
export function exampleOf(example: string): { file?: string; said: string } {
  const [, path, said] = /^(.*?[/\\].*?): (.*)$/s.exec(example) ?? []
  return path && said ? { file: fileName(path), said } : { said: example }
}

export const countOf = (parts: Part<string>[]) => parts.reduce((sum, { count }) => sum + count, 0)

/** Files that will not be scored, unless somebody does something. */
export const lostOf = ({ by_state: by }: Coverage) =>
  (by.skipped ?? 0) + (by.failed ?? 0) + (by.quarantined ?? 0)
