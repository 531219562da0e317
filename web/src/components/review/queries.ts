/** What is asked about one call, under keys that events make old (see api/events.ts). */
import { queryOptions } from '@tanstack/react-query'
import { api, data } from '@/api/client'
import type { Report } from './evidence'

const path = (id: string) => ({ params: { path: { call_id: id } } })

export const callQuery = (id: string) =>
  queryOptions({
    queryKey: ['call', id],
    queryFn: () => data(api.GET('/api/v1/calls/{call_id}', path(id))),
  })

export const findingsQuery = (id: string) =>
  queryOptions({
    queryKey: ['call', id, 'findings'],
    queryFn: () => data(api.GET('/api/v1/calls/{call_id}/findings', path(id))),
  })

export const decisionsQuery = (id: string) =>
  queryOptions({
    queryKey: ['call', id, 'decisions'],
    queryFn: () => data(api.GET('/api/v1/calls/{call_id}/decisions', path(id))),
  })

/** The masked report. Decisions do not change it, so that its key is not among those they make old. */
export const reportQuery = (id: string) =>
  queryOptions({
    queryKey: ['report', id],
    queryFn: () => data(api.GET('/api/v1/calls/{call_id}/report', path(id))) as Promise<Report>,
    staleTime: 300_000,
  })
