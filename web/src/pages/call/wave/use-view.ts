/** What the waveform shows, and the ways to change it. */
import { useCallback, useMemo, useState } from 'react'
import { firstView, following, moved, type View, whole, zoomed } from '../logic/view'

export interface Viewing {
  view: View
  zoom: (factor: number, at: number) => void
  move: (by: number) => void
  follow: (at: number) => void
  fit: () => void
}

export function useView(duration: number, at: number): Viewing {
  const [view, setView] = useState(() => firstView(duration, at))
  const zoom = useCallback(
    (factor: number, at: number) => setView((view) => zoomed(view, factor, at, duration)),
    [duration],
  )
  const move = useCallback((by: number) => setView((view) => moved(view, by, duration)), [duration])
  const follow = useCallback((at: number) => setView((view) => following(view, at, duration)), [duration])
  const fit = useCallback(() => setView(whole(duration)), [duration])
  return useMemo(() => ({ view, zoom, move, follow, fit }), [view, zoom, move, follow, fit])
}
