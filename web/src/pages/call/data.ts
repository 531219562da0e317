/** What the page asks the service for. */
import { queryOptions, useQueries } from '@tanstack/react-query'
import { api, data, headersFor, Problem, problemOf } from '@/api/client'
import { readCall } from '@/components/review/decide'
import type { Explanation } from './logic/explain'
import { readPeaks } from './logic/peaks'
import type { Report, Scorecard } from './logic/report'

/** Answers that the API's description gives no shape. */
async function read(path: string): Promise<Response> {
  const response = await fetch(path, { headers: headersFor('GET') }).catch(() => {
    throw new Problem(0, 'offline', 'offline')
  })
  if (!response.ok) throw await problemOf(response)
  return response
}

const pathOf = (id: string) => `/api/v1/calls/${encodeURIComponent(id)}`

/** What was said does not change while it is looked at. */
const LASTING = { staleTime: 300_000 }

const callQuery = (id: string) => queryOptions({ queryKey: ['call', id], queryFn: () => readCall(id) })

const reportQuery = (id: string) =>
  queryOptions({
    // Decisions do not change it, so that its key is not among those they make old.
    queryKey: ['report', id],
    queryFn: async () => (await (await read(`${pathOf(id)}/report`)).json()) as Report,
    ...LASTING,
  })

const decisionsQuery = (id: string) =>
  queryOptions({
    queryKey: ['call', id, 'decisions'],
    queryFn: () => data(api.GET('/api/v1/calls/{call_id}/decisions', { params: { path: { call_id: id } } })),
  })

export const peaksQuery = (id: string, enabled: boolean) =>
  queryOptions({
    queryKey: ['report', id, 'peaks'],
    queryFn: async () => readPeaks(new Uint8Array(await (await read(`${pathOf(id)}/peaks`)).arrayBuffer())),
    enabled,
    ...LASTING,
  })

export const explainQuery = (id: string, rubric: string, criterion: string) =>
  queryOptions({
    queryKey: ['report', id, 'explain', rubric, criterion],
    queryFn: async () => {
      const what = new URLSearchParams({ rubric, criterion })
      return (await (await read(`${pathOf(id)}/explain?${what}`)).json()) as Explanation
    },
    ...LASTING,
  })

/** The report with nothing starred; asked for once, with the reason, and not kept. */
export async function readClear(id: string, reason: string): Promise<Report> {
  return (await (await read(`${pathOf(id)}/clear?${new URLSearchParams({ reason })}`)).json()) as Report
}

export interface Title {
  zh: string
  en: string
}

export interface Outline {
  title: Title
  sections: { id: string; title: Title }[]
  criteria: { id: string; title: Title; section?: string }[]
}

/** By rubric. */
export type Outlines = Readonly<Record<string, Outline>>

/** What a rubric's version says: titles in both languages, and sections. */
export const outlineQuery = (rubric: string, version: number) =>
  queryOptions({
    queryKey: ['rubric', rubric, version],
    queryFn: async () => {
      const path = `/api/v1/rubrics/${encodeURIComponent(rubric)}/versions/${version}`
      return ((await (await read(path)).json()) as { outline: Outline }).outline
    },
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  })

/** The outlines of a call's rubrics, as far as they are known here. */
export function useOutlines(cards: readonly Scorecard[], enabled: boolean): Outlines {
  return useQueries({
    queries: cards.map((card) => ({ ...outlineQuery(card.rubric, card.version), enabled })),
    // A plain object is the same object until something in it changes.
    combine: (answers): Outlines =>
      Object.fromEntries(answers.flatMap(({ data }, ix) => (data ? [[cards[ix]!.rubric, data]] : []))),
  })
}

/** What the page cannot do without, asked for at once. */
export function useCall(id: string) {
  const [call, report, decisions] = useQueries({
    queries: [callQuery(id), reportQuery(id), decisionsQuery(id)],
  })
  return { call, report, decisions }
}
