/**
 * What rubrics and criteria are called in the reader's language. Findings and figures carry the title of their rubric's
 * own language; where that is another than the reader's, the rubric is asked for both.
 */
import { useQueries, useQuery } from '@tanstack/react-query'
import { useCallback } from 'react'
import { api, data } from '@/api/client'
import { alerts } from '@/api/live'
import { useCan } from '@/app/session'
import { useLocale } from '@/i18n'

interface Title {
  zh: string
  en: string
}

/** By rubric. */
type Outlines = Readonly<Record<string, { title: Title; criteria: readonly { id: string; title: Title }[] }>>

export interface Titled {
  rubric: string
  title: string
}

/** Of a rubric, or of one of its criteria; what it was called when that is all there is. */
export type TitleOf = (rubric: string, criterion: string | undefined, title: string) => string

/** A title has Chinese characters or it has none. */
export function isForeign(title: string, chinese: boolean): boolean {
  return /\p{Script=Han}/u.test(title) !== chinese
}

export function titleIn(
  outlines: Outlines,
  chinese: boolean,
  rubric: string,
  criterion: string | undefined,
  title: string,
): string {
  const outline = outlines[rubric]
  const named = criterion === undefined ? outline : outline?.criteria.find(({ id }) => id === criterion)
  return named?.title[chinese ? 'zh' : 'en'] ?? title
}

/** Criteria of several rubrics may be called the same: then it is said which rubric's each is. */
export function toldApart<T extends Titled>(titled: readonly T[]): T[] {
  const often = new Map<string, number>()
  for (const { title } of titled) often.set(title, (often.get(title) ?? 0) + 1)
  return titled.map((one) =>
    (often.get(one.title) ?? 0) > 1 ? { ...one, title: `${one.title} (${one.rubric})` } : one,
  )
}

const LASTING_MS = 300_000
/** Rubrics that only alerts are raised by come with the service, all at once. */
const WATCH = 'watch-'
export const isWatch = (rubric: string) => rubric.startsWith(WATCH)
/** Findings that people add by hand are of no rubric. */
const MANUAL = 'manual'

/** Rubrics that only alerts are raised by; asked for once. */
export function useWatches(wanted: boolean) {
  const can = useCan()
  return useQuery({
    // Not below 'alerts': those are asked for anew with every event, and these do not change.
    queryKey: ['watch rubrics'],
    queryFn: alerts.rubrics,
    enabled: can('live.read') && wanted,
    staleTime: Infinity,
    retry: false,
  })
}

export function useTitles(titled: readonly Titled[]): TitleOf {
  const can = useCan()
  const { chinese } = useLocale()
  const foreign = titled.filter(({ rubric, title }) => rubric !== MANUAL && isForeign(title, chinese))
  const asked = [...new Set(foreign.map(({ rubric }) => rubric))]
  const rubrics = asked.filter((id) => !isWatch(id))
  const watches = useWatches(rubrics.length < asked.length)
  const outlines = useQueries({
    queries: rubrics.map((id) => ({
      queryKey: ['rubric', id, 'one'],
      queryFn: () => data(api.GET('/api/v1/rubrics/{rubric_id}', { params: { path: { rubric_id: id } } })),
      enabled: can('rubrics.read'),
      staleTime: LASTING_MS,
      retry: false,
    })),
    combine: (answers): Outlines =>
      Object.fromEntries(answers.flatMap(({ data }, ix) => (data ? [[rubrics[ix]!, data.outline]] : []))),
  })
  return useCallback(
    (rubric, criterion, title) => {
      const watch = watches.data?.find(({ id }) => id === rubric)
      return titleIn(watch ? { [rubric]: watch } : outlines, chinese, rubric, criterion, title)
    },
    [watches.data, outlines, chinese],
  )
}
