/** Who and what, in words: people by name, deeds as the trade calls them. */
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { api, data } from '@/api/client'
import { useCan } from '@/app/session'
import { useMessages } from '@/i18n'
import { actorMessages, deedMessages, kindMessages } from './messages'

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

/** An account's name, for its id; some deeds are nobody's account. */
export function useActorName(): (actor: string) => string {
  const t = useMessages(actorMessages)
  const people = useEverybody()
  const names = useMemo(() => new Map(people.data?.map(({ id, name }) => [id, name])), [people.data])
  return (actor) => names.get(actor) ?? (actor in t ? t[actor as keyof typeof t] : actor)
}

/** What was acted on: its kind in words, people by name, everything else by its id. */
export function useObjectName(): (object: string) => string {
  const t = useMessages(kindMessages)
  const name = useActorName()
  return (object) => {
    const [, kind, id] = /^([a-z]+)\/(.+)$/.exec(object) ?? []
    if (!kind || !id || !(kind in t)) return object
    return `${t[kind as keyof typeof t]} ${kind === 'person' ? name(id) : id}`
  }
}

export function useDeed(): (action: string) => string {
  const t = useMessages(deedMessages)
  return (action) => (action in t ? t[action as keyof typeof t] : action)
}

export const DEEDS = Object.keys(deedMessages.zh)
