/** Gives calls to a reviewer, or to nobody; and says that a call's review is settled. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, data, Problem, type Schemas } from '@/api/client'
import { callQuery } from '@/components/review/queries'
import { type Call, patchRow } from './calls'

/** What became of a call that was to be given. */
type Given = Schemas['AssignedCall']

/** Calls of one request. */
const AT_ONCE = 500
const GIVEN = new Set(['assigned', 'unchanged'])

async function give(calls: Call[], assignee: string | undefined): Promise<Given[]> {
  const results: Given[] = []
  for (let ix = 0; ix < calls.length; ix += AT_ONCE) {
    const call_ids = calls.slice(ix, ix + AT_ONCE).map((call) => call.id)
    const body = { call_ids, assignee: assignee ?? null }
    results.push(...(await data(api.POST('/api/v1/reviews', { body }))).results)
  }
  return results
}

/** Shown at once; what could not be given goes back. Out: those, with what the service said. */
export function useGive() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ calls, to }: { calls: Call[]; to: string | undefined }) => give(calls, to),
    onMutate: ({ calls, to }) => {
      for (const { id } of calls) patchRow(client, id, { assigned_to: to ?? null })
    },
    onSuccess: (results, { calls, to }) => {
      for (const { call_id, result, rev } of results) {
        const given = GIVEN.has(result)
        const was = calls.find((call) => call.id === call_id)?.assigned_to
        const patch = { assigned_to: (given ? to : was) ?? null, ...(rev == null ? {} : { rev }) }
        patchRow(client, call_id, patch)
        client.setQueryData(callQuery(call_id).queryKey, (old) => old && { ...old, ...patch })
        // Somebody else's now: whose, the service knows.
        if (!given) void client.invalidateQueries({ queryKey: callQuery(call_id).queryKey })
      }
    },
    onError: (_, { calls }) => {
      for (const { id, assigned_to } of calls) patchRow(client, id, { assigned_to })
    },
  })
}

/** The calls of a request that were not given. */
export function refused(results: Given[]): Given[] {
  return results.filter(({ result }) => !GIVEN.has(result))
}

async function put(call: Call, rev: number): Promise<number> {
  const { response } = await api.PUT('/api/v1/calls/{call_id}/review', {
    params: { path: { call_id: call.id } },
    headers: { 'If-Match': `"${rev}"` },
    body: { state: 'settled', assigned_to: call.assigned_to ?? null },
  })
  const etag = /"(\d+)"/.exec(response.headers.get('etag') ?? '')
  return etag ? Number(etag[1]) : rev + 1
}

/** Settles a call at the state that is known of it; where a decision was quicker, at the next. */
export function useSettle() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async (call: Call) => {
      const { queryKey } = callQuery(call.id)
      const known = client.getQueryData(queryKey)
      try {
        return await put(call, known?.rev ?? call.rev)
      } catch (problem) {
        if (!(problem instanceof Problem && problem.status === 412)) throw problem
        const now = await client.fetchQuery({ ...callQuery(call.id), staleTime: 0 })
        return put(now, now.rev)
      }
    },
    onMutate: ({ id }) => patchRow(client, id, { review_state: 'settled' }),
    onSuccess: (rev, { id }) => {
      const patch = { rev, review_state: 'settled' }
      patchRow(client, id, patch)
      client.setQueryData(callQuery(id).queryKey, (old) => old && { ...old, ...patch })
    },
    onError: (_, { id, review_state }) => patchRow(client, id, { review_state }),
  })
}
