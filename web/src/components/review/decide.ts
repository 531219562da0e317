/**
 * Sends how far a review is. Each says which state of the call the person has seen; quick ones on the same call wait for
 * one another, so that the next sees the revision that the one before has made. Decisions: see `deciding`.
 */
import { type QueryClient, useMutation, useQueryClient } from '@tanstack/react-query'
import { api, data, Problem, type Schemas } from '@/api/client'

type Call = Schemas['CallWithScorecards']

const callKey = (id: string) => ['call', id] as const

/** Decisions are on a state; what is not known here is asked for. */
async function revisionOf(client: QueryClient, id: string): Promise<number> {
  const call = await client.ensureQueryData({ queryKey: callKey(id), queryFn: () => readCall(id) })
  return call.rev
}

export function readCall(id: string): Promise<Call> {
  return data(api.GET('/api/v1/calls/{call_id}', { params: { path: { call_id: id } } }))
}

const ifMatch = (rev: number) => ({ 'If-Match': `"${rev}"` })

/** Where another's change came first, the person sees it before trying again. */
async function onSeen<T>(client: QueryClient, id: string, act: (rev: number) => Promise<T>): Promise<T> {
  try {
    return await act(await revisionOf(client, id))
  } catch (problem) {
    if (problem instanceof Problem && problem.status === 412) {
      void client.invalidateQueries({ queryKey: callKey(id) })
    }
    throw problem
  }
}

/** Says how far the review of a call is, and who does it. */
export function useReview(callId: string) {
  const client = useQueryClient()
  return useMutation({
    scope: { id: `review ${callId}` },
    mutationFn: (body: Schemas['ReviewBody']) =>
      onSeen(client, callId, (rev) =>
        data(
          api.PUT('/api/v1/calls/{call_id}/review', {
            params: { path: { call_id: callId } },
            headers: ifMatch(rev),
            body,
          }),
        ),
      ),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: callKey(callId) })
      void client.invalidateQueries({ queryKey: ['calls'] })
    },
  })
}
