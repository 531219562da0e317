/** Gives calls to a reviewer, or to nobody. Each at the state that is known of it; where that is old, at the next. */
import { type QueryClient, useMutation, useQueryClient } from '@tanstack/react-query'
import { api, Problem } from '@/api/client'
import { callQuery } from '@/components/review/queries'
import { patchRow, type Row } from './calls'

export interface Assignment {
  calls: Row[]
  /** A person's id; absent: nobody. */
  to?: string
  /** How far the review is from now on; absent: as far as it was. */
  state?: Row['review_state']
}

/** Requests under way at a time. */
const AT_ONCE = 4

async function put(call: Row, rev: number, state: string, to: string | undefined): Promise<number> {
  const { response } = await api.PUT('/api/v1/calls/{call_id}/review', {
    params: { path: { call_id: call.id } },
    headers: { 'If-Match': `"${rev}"` },
    body: { state, assigned_to: to ?? null },
  })
  const etag = /"(\d+)"/.exec(response.headers.get('etag') ?? '')
  return etag ? Number(etag[1]) : rev + 1
}

async function one(client: QueryClient, call: Row, { to, state }: Assignment): Promise<void> {
  const known = client.getQueryData(callQuery(call.id).queryKey) ?? call
  let review_state = state ?? known.review_state
  let rev: number
  try {
    rev = await put(call, Math.max(known.rev, call.rev), review_state, to)
  } catch (problem) {
    if (!(problem instanceof Problem && problem.status === 412)) throw problem
    const now = await client.fetchQuery({ ...callQuery(call.id), staleTime: 0 })
    review_state = state ?? now.review_state
    rev = await put(call, now.rev, review_state, to)
  }
  const patch = { rev, review_state, assigned_to: to ?? null }
  patchRow(client, call.id, patch)
  client.setQueryData(callQuery(call.id).queryKey, (old) => old && { ...old, ...patch })
}

/** Out: those that could not be assigned, and why the first could not. */
export function useAssign() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async (assignment: Assignment) => {
      const waiting = [...assignment.calls]
      const failed: { call: Row; problem: Error }[] = []
      const worker = async () => {
        for (let call = waiting.shift(); call; call = waiting.shift()) {
          try {
            await one(client, call, assignment)
          } catch (error) {
            failed.push({ call, problem: error instanceof Error ? error : new Error(String(error)) })
          }
        }
      }
      await Promise.all(Array.from({ length: AT_ONCE }, worker))
      return failed
    },
    onMutate: ({ calls, to, state }) => {
      for (const call of calls) {
        patchRow(client, call.id, { assigned_to: to ?? null, ...(state ? { review_state: state } : {}) })
      }
    },
    onSuccess: (failed) => {
      for (const { call } of failed) {
        patchRow(client, call.id, { assigned_to: call.assigned_to ?? null, review_state: call.review_state })
      }
    },
  })
}
