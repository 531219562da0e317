/** Cuts an utterance into what answers the search and what stands between. */
import type { Schemas } from '@/api/client'

export interface Part {
  text: string
  /** Where to play it from, in seconds, if it answers. */
  start: number | undefined
}

/** Marks count characters; they may overlap and come in any order. */
export function partsOf(text: string, marks: Pick<Schemas['Mark'], 'from' | 'to' | 'start_s'>[]): Part[] {
  const chars = [...text]
  const parts: Part[] = []
  let at = 0
  const take = (to: number, start: number | undefined) => {
    if (to > at) parts.push({ text: chars.slice(at, to).join(''), start })
    at = Math.max(at, to)
  }
  for (const mark of [...marks].sort((a, b) => a.from - b.from || a.to - b.to)) {
    take(Math.min(mark.from, chars.length), undefined)
    take(Math.min(mark.to, chars.length), mark.start_s)
  }
  take(chars.length, undefined)
  return parts
}
