/**
 * What changed between two versions, put in order for reading: what belongs to one criterion stands together, and
 * shares that moved only because other weights did stand apart.
 */
import type { Schemas } from '@/api/client'

export type Change = Schemas['RubricChange']

export interface Sorted {
  places: { of: string; changes: Change[] }[]
  /** One a criterion of which nothing else changed. */
  shares: Change[]
}

const isShare = ({ change, name }: Change) => change === 'value' && name === 'share'
/** That the number is another is known. */
const isNumber = ({ of, change, name }: Change) => of === 'version' && change === 'value' && !name

export function sortedChanges(changes: readonly Change[]): Sorted {
  const byPlace = new Map<string, Change[]>()
  for (const change of changes) {
    if (!isNumber(change)) byPlace.set(change.of, [...(byPlace.get(change.of) ?? []), change])
  }
  const all = [...byPlace].map(([of, changes]) => ({ of, changes }))
  return {
    places: all.filter(({ changes }) => !changes.every(isShare)),
    shares: all.flatMap(({ changes }) => (changes.every(isShare) ? changes : [])),
  }
}
