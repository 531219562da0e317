/**
 * Plays pieces of calls: one at a time, whichever button asked. Nothing is asked of the service before somebody
 * listens, as who begins to play is on record.
 */
import { useEffect, useSyncExternalStore } from 'react'

/** Heard before the evidence, so that it is understood; and after, so that no word is cut. */
const BEFORE_S = 1.5
const AFTER_S = 0.6

export interface Clip {
  callId: string
  from: number
  to: number
}

export interface Playing {
  clip: Clip | null
  state: 'idle' | 'loading' | 'playing' | 'failed'
}

/** What to play of a call for evidence at these seconds. */
export function clipOf(callId: string, start: number, end: number | null | undefined): Clip {
  return { callId, from: Math.max(0, start - BEFORE_S), to: Math.max(end ?? start, start) + AFTER_S }
}

export function sameClip(a: Clip | null, b: Clip | null): boolean {
  return a !== null && b !== null && a.callId === b.callId && a.from === b.from && a.to === b.to
}

const IDLE: Playing = { clip: null, state: 'idle' }
let now: Playing = IDLE
let audio: HTMLAudioElement | undefined
const watchers = new Set<() => void>()

function set(next: Playing) {
  now = next
  for (const watcher of watchers) watcher()
}

function element(): HTMLAudioElement {
  if (audio) return audio
  const made = new Audio()
  made.preload = 'metadata'
  made.addEventListener('loadedmetadata', () => {
    if (now.clip) made.currentTime = now.clip.from
  })
  made.addEventListener('playing', () => set({ ...now, state: 'playing' }))
  made.addEventListener('timeupdate', () => {
    if (now.state === 'playing' && now.clip && made.currentTime >= now.clip.to) stop()
  })
  made.addEventListener('ended', () => stop())
  made.addEventListener('error', () => {
    if (now.clip) set({ ...now, state: 'failed' })
  })
  audio = made
  return made
}

export function stop(): void {
  audio?.pause()
  set(IDLE)
}

export function play(clip: Clip): void {
  const made = element()
  const source = `/api/v1/calls/${encodeURIComponent(clip.callId)}/audio`
  set({ clip, state: 'loading' })
  if (made.getAttribute('src') !== source) made.setAttribute('src', source)
  else if (made.readyState > 0) made.currentTime = clip.from
  made.play().catch((error: unknown) => {
    // Another clip took this one's place.
    if (error instanceof DOMException && error.name === 'AbortError') return
    if (sameClip(now.clip, clip)) set({ clip, state: 'failed' })
  })
}

/** Plays a clip; the one that plays already stops. */
export function toggle(clip: Clip): void {
  const active = now.state === 'playing' || now.state === 'loading'
  if (active && sameClip(now.clip, clip)) stop()
  else play(clip)
}

/** What plays now. */
export function usePlaying(): Playing {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher)
      return () => watchers.delete(watcher)
    },
    () => now,
  )
}

/** Silence when the page is left. */
export function useStopOnLeave() {
  useEffect(() => stop, [])
}
