/** Whether there is room for two panes side by side. */
import { useSyncExternalStore } from 'react'

const WIDE = '(min-width: 1280px)'

export function useWide(): boolean {
  return useSyncExternalStore(
    (watcher) => {
      const media = window.matchMedia(WIDE)
      media.addEventListener('change', watcher)
      return () => media.removeEventListener('change', watcher)
    },
    () => window.matchMedia(WIDE).matches,
  )
}
