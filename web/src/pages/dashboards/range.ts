/** Which days figures are of: a stretch up to today, two days between which they lie, or all there are. */
import { momentOf } from '@/pages/search/address'

export const PRESETS = { today: 1, '7d': 7, '30d': 30, '90d': 90 } as const
export type Preset = keyof typeof PRESETS
export const WHENS = [...(Object.keys(PRESETS) as Preset[]), 'all'] as const
export type When = (typeof WHENS)[number]

type Params = Record<string, string | undefined>

const DAY = /^\d{4}-\d{2}-\d{2}$/

/** What stands in the address; undefined where nothing does. */
export function whenOf({ when, from, to }: Params): When | 'days' | undefined {
  if ((from && DAY.test(from)) || (to && DAY.test(to))) return 'days'
  return WHENS.find((known) => known === when)
}

/** First and last moment, as the service is asked. */
export function spanOf(when: When | 'days', params: Params, now: Date): { from?: string; to?: string } {
  if (when === 'all') return {}
  if (when === 'days') {
    const { from, to } = params
    return {
      ...(from && DAY.test(from) && { from: momentOf(from) }),
      ...(to && DAY.test(to) && { to: momentOf(to, 1) }),
    }
  }
  // Both ends, so that the service knows how fine its steps may be.
  const day = (later: number) => new Date(now.getFullYear(), now.getMonth(), now.getDate() + later)
  return { from: day(1 - PRESETS[when]).toISOString(), to: day(1).toISOString() }
}

/** By how many minutes the reader's clock is ahead of UTC. */
export const offsetMin = (now = new Date()) => -now.getTimezoneOffset()
