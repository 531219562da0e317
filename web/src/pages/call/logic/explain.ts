/** Why a criterion was judged as it was, as the service tells it; and a condition in one line. */

export interface Proof {
  kind: string
  leg?: number
  start_ms?: number
  end_ms?: number
  quote?: string
  matched?: string
  how?: string
  distance?: number
}

export interface Condition {
  name?: string
  asks: unknown
  /** `true`, `false`, `pending` or `undetermined`. */
  value: string
  reason?: string
  evidence: Proof[]
  below: { under: string; condition: Condition }[]
}

export interface Explanation {
  criteria: {
    rubric: string
    version: number
    criterion: string
    verdict: string
    parts: { part: string; condition: Condition }[]
  }[]
  gone: string[]
}

/** Lists longer than this are cut. */
const LIST_MAX = 6

/** What a condition asks, in the rubric's own words; what stands below it is left to the tree. */
export function asked(
  asks: unknown,
  below: readonly string[] = [],
  word: (key: string) => string = (key) => key,
): string {
  if (Array.isArray(asks)) {
    const first = asks.slice(0, LIST_MAX).map((one) => asked(one, [], word))
    return first.join(' / ') + (asks.length > LIST_MAX ? ' / …' : '')
  }
  if (asks !== null && typeof asks === 'object') {
    return Object.entries(asks)
      .map(([key, value]) => (below.includes(key) ? word(key) : `${word(key)}: ${asked(value, [], word)}`))
      .join(' · ')
  }
  return String(asks)
}
