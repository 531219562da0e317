/** Whether two columns have room beside one another. */
import { useSyncExternalStore } from 'react'

const WIDE = '(min-width: 1080px)'

export function useWide(): boolean {
  return useSyncExternalStore(
    (changed) => {
      const query = window.matchMedia(WIDE)
      query.addEventListener('change', changed)
      return () => query.removeEventListener('change', changed)
    },
    () => window.matchMedia(WIDE).matches,
  )
}
