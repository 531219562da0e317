/** Who and what, in words: people by name, deeds as the trade calls them. */
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { api, data } from '@/api/client'
import { useCan } from '@/app/session'
import { useMessages } from '@/i18n'
import { deedMessages } from './messages'

/** Names of more accounts than that are not loaded; their ids are shown. */
const NAMES_MAX = 1000

async function everybody() {
  const people = []
  let cursor: string | undefined
  do {
    const page = await data(api.GET('/api/v1/people', { params: { query: { limit: 200, cursor } } }))
    people.push(...page.items)
    cursor = page.next ?? undefined
  } while (cursor && people.length < NAMES_MAX)
  return people
}

export function useEverybody() {
  const can = useCan()
  return useQuery({
    queryKey: ['people', 'all'],
    queryFn: everybody,
    enabled: can('people.read'),
    staleTime: 60_000,
  })
}

/** An account's name, for its id. */
export function useActorName(): (actor: string) => string {
  const people = useEverybody()
  const names = useMemo(() => new Map(people.data?.map(({ id, name }) => [id, name])), [people.data])
  return (actor) => names.get(actor) ?? actor
}

/** What was acted on: people by name, everything else as it is written down. */
export function useObjectName(): (object: string) => string {
  const name = useActorName()
  return (object) => {
    const person = /^person\/(.+)$/.exec(object)?.[1]
    return person ? `person/${name(person)}` : object
  }
}

export function useDeed(): (action: string) => string {
  const t = useMessages(deedMessages)
  return (action) => (action in t ? t[action as keyof typeof t] : action)
}

export const DEEDS = Object.keys(deedMessages.zh)
