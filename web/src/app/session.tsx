/** Who is logged in, and what they may do. Pages ask `useCan('decide')`, never for a role's name. */
import { type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useEffect, useMemo } from 'react'
import { api, data, Problem, type Schemas, setCsrf, whenLoggedOut } from '@/api/client'

export type Me = Schemas['Me']
export const SESSION = ['session'] as const

/** Who I am; null when nobody is logged in. */
export async function whoAmI(): Promise<Me | null> {
  try {
    const me = await data(api.GET('/api/v1/session'))
    setCsrf(me.csrf ?? undefined)
    return me
  } catch (problem) {
    if (problem instanceof Problem && problem.status === 401) return null
    throw problem
  }
}

const MeContext = createContext<Me | null>(null)

/** Another person, or nobody: what the one before saw is forgotten. */
export function become(client: QueryClient, me: Me | null) {
  setCsrf(me?.csrf ?? undefined)
  client.setQueryData(SESSION, me)
  // Not `clear()`: who watches the session would go on watching a query that is no longer there.
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION[0] })
}

export function useSession() {
  const client = useQueryClient()
  useEffect(() => {
    whenLoggedOut(() => {
      if (client.getQueryData(SESSION)) become(client, null)
    })
  }, [client])
  return useQuery({ queryKey: SESSION, queryFn: whoAmI, staleTime: Number.POSITIVE_INFINITY, retry: 1 })
}

export function MeProvider({ me, children }: { me: Me; children: ReactNode }) {
  return <MeContext value={me}>{children}</MeContext>
}

export function useMe(): Me {
  const me = useContext(MeContext)
  if (!me) throw new Error('useMe outside a session')
  return me
}

/** Whether I may do this: an action of docs/access.md. */
export function useCan(): (action: string) => boolean {
  const me = useMe()
  return useMemo(() => {
    const may = new Set(me.actions)
    return (action) => may.has(action)
  }, [me])
}
