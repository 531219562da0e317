/** What filters a page, and what is open on it, stands in its address: it can be shared, kept and gone back to. */
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback } from 'react'

export type Address = Record<string, string | undefined>

/** The address' parameters, and a way to change some; empty ones go. `push` makes a step to go back over. */
export function useAddress(): [Address, (change: Address, push?: boolean) => void] {
  const search = useSearch({ strict: false }) as Address
  const navigate = useNavigate()
  const change = useCallback(
    (change: Address, push = false) => {
      const next = (old: Address) =>
        Object.fromEntries(Object.entries({ ...old, ...change }).filter(([, value]) => value))
      void navigate({ to: '.', search: next as never, replace: !push })
    },
    [navigate],
  )
  return [search, change]
}
