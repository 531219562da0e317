/** Why one listens: asked once, and known until the window is closed or somebody else logs in. */
import { useSyncExternalStore } from 'react'
import { useMe } from '@/app/session'

const watchers = new Set<() => void>()
const keyOf = (person: string) => `lingting.listen-reason.${person}`

export function useReason(): [string | undefined, (reason: string | undefined) => void] {
  const key = keyOf(useMe().person.id)
  const reason = useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher)
      return () => watchers.delete(watcher)
    },
    () => sessionStorage.getItem(key) ?? undefined,
  )
  const set = (reason: string | undefined) => {
    if (reason) sessionStorage.setItem(key, reason)
    else sessionStorage.removeItem(key)
    for (const watcher of watchers) watcher()
  }
  return [reason, set]
}
