/** How each party is heard, as it was last set on this machine. First: an ear for each, but not all of it. */
import type { LegSaid } from './frame'
import type { Heard } from './listener'

const KEPT = 'lingting.heard'
const FIRST: Record<string, Heard> = { customer: { volume: 1, pan: -0.6 }, agent: { volume: 1, pan: 0.6 } }

const within = (value: unknown, least: number, most: number): value is number =>
  typeof value === 'number' && value >= least && value <= most

function kept(): Record<string, Heard> {
  try {
    const all = JSON.parse(localStorage.getItem(KEPT) ?? '{}') as Record<string, Partial<Heard>>
    const sound = Object.entries(all).filter(
      ([, one]) => within(one?.volume, 0, 1.5) && within(one?.pan, -1, 1),
    )
    return Object.fromEntries(sound) as Record<string, Heard>
  } catch {
    return {}
  }
}

export function heardFirst(legs: readonly LegSaid[]): Heard[] {
  const known = kept()
  return legs.map(({ party }) => known[party] ?? FIRST[party] ?? { volume: 1, pan: 0 })
}

export function keepHeard(legs: readonly LegSaid[], heard: readonly Heard[]): void {
  const some = legs.flatMap(({ party }, ix) => (heard[ix] ? [[party, heard[ix]]] : []))
  localStorage.setItem(KEPT, JSON.stringify({ ...kept(), ...Object.fromEntries(some) }))
}
