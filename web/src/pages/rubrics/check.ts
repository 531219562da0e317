/** Asks the service what it thinks of a draft, a moment after the last key. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { api, data } from '@/api/client'

const PAUSE_MS = 400

function useLater<T>(value: T): T {
  const [later, setLater] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setLater(value), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [value])
  return later
}

export function useCheck(text: string) {
  const later = useLater(text)
  const check = useQuery({
    queryKey: ['rubric-check', later],
    queryFn: ({ signal }) => data(api.POST('/api/v1/rubrics/check', { body: { text: later }, signal })),
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 10_000,
  })
  return { ...check, stale: later !== text || check.isPlaceholderData }
}
