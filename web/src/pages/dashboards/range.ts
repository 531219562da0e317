/** Which days figures are of: a stretch up to today, two days between which they lie, or all there are. */
import { isDay, lastDays, momentsOf } from '@/components/days'

export const PRESETS = { today: 1, '7d': 7, '30d': 30, '90d': 90 } as const
export type Preset = keyof typeof PRESETS
export const WHENS = [...(Object.keys(PRESETS) as Preset[]), 'all'] as const
export type When = (typeof WHENS)[number]

type Params = Record<string, string | undefined>

/** What stands in the address; undefined where nothing does. */
export function whenOf({ when, from, to }: Params): When | 'days' | undefined {
  if (isDay(from) || isDay(to)) return 'days'
  return WHENS.find((known) => known === when)
}

/** First and last moment, as the service is asked. */
export function spanOf(when: When | 'days', params: Params, now: Date): { from?: string; to?: string } {
  if (when === 'all') return {}
  if (when === 'days') return momentsOf(params)
  // Both ends, so that the service knows how fine its steps may be.
  return lastDays(PRESETS[when], now)
}

/** By how many minutes the reader's clock is ahead of UTC. */
export const offsetMin = (now = new Date()) => -now.getTimezoneOffset()
