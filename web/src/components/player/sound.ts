/**
 * One sound for the whole window: a new piece takes the place of the one before. In: a call, a second, and for a piece
 * where it ends. Out: snapshots for `useSyncExternalStore`. Nothing is asked of the service before somebody listens, as
 * who begins to play is on record.
 */
import { useSyncExternalStore } from 'react'
import { audioOf } from '@/api/audio'

/** Heard before evidence, so that it is understood; and after, so that no word is cut. */
const BEFORE_S = 1.5
const AFTER_S = 0.6

export interface Piece {
  callId: string
  from: number
  /** Where it stops; without it, it goes on to the end of the call. */
  to?: number
}

export interface Sounding {
  piece: Piece
  state: 'loading' | 'playing' | 'paused' | 'failed'
  /** Seconds. */
  time: number
  duration: number
}

/** What to play of a call for evidence at these seconds. */
export function pieceAt(callId: string, start: number, end: number | null | undefined): Piece {
  return { callId, from: Math.max(0, start - BEFORE_S), to: Math.max(end ?? start, start) + AFTER_S }
}

export function samePiece(a: Piece | undefined, b: Piece): boolean {
  return a?.callId === b.callId && a.from === b.from && a.to === b.to
}

export class Sound {
  private audio: HTMLAudioElement | undefined
  private now: Sounding | null = null
  private readonly watchers = new Set<() => void>()

  readonly subscribe = (watcher: () => void) => {
    this.watchers.add(watcher)
    return () => {
      this.watchers.delete(watcher)
    }
  }
  readonly snapshot = () => this.now

  play(piece: Piece): void {
    const audio = this.element()
    const loaded = this.now?.piece.callId === piece.callId && this.now.state !== 'failed'
    const duration = loaded ? this.now!.duration : 0
    this.set({ piece, state: loaded && duration > 0 ? 'playing' : 'loading', time: piece.from, duration })
    if (!loaded) audio.src = audioOf(piece.callId)
    else this.go(piece.from)
    this.begin(audio, piece)
  }

  /** Stops a piece, or pauses and goes on where it goes to the end of the call; plays any other. */
  toggle(piece: Piece): void {
    const { now } = this
    if (!now || !samePiece(now.piece, piece) || now.state === 'failed') this.play(piece)
    else if (piece.to === undefined) this.turn()
    else if (now.state === 'paused') this.play(piece)
    else this.audio?.pause()
  }

  /** Pauses, or goes on from where it stopped. */
  turn(): void {
    const { audio, now } = this
    if (!audio || !now) return
    if (now.state === 'paused') this.begin(audio, now.piece)
    else audio.pause()
  }

  /** Somewhere else in the call: whoever goes there hears on from it. */
  seek(to: number): void {
    if (!this.now) return
    const { duration } = this.now
    const time = Math.max(0, Math.min(to, duration || to))
    this.go(time)
    this.change({ time })
  }

  close(): void {
    this.audio?.pause()
    this.audio?.removeAttribute('src')
    this.audio = undefined
    this.set(null)
  }

  private begin(audio: HTMLAudioElement, piece: Piece) {
    audio.play().catch((error: unknown) => {
      // Another piece took this one's place.
      if (error instanceof DOMException && error.name === 'AbortError') return
      if (this.audio === audio && samePiece(this.now?.piece, piece)) this.change({ state: 'failed' })
    })
  }

  private go(to: number): void {
    // Before the length is known there is nowhere to go: `loadedmetadata` goes there.
    if (this.audio && this.audio.readyState > 0) this.audio.currentTime = to
  }

  private element(): HTMLAudioElement {
    if (this.audio) return this.audio
    const audio = new Audio()
    audio.preload = 'metadata'
    const on = (name: string, then: (now: Sounding) => void) =>
      audio.addEventListener(name, () => {
        if (this.audio === audio && this.now) then(this.now)
      })
    on('loadedmetadata', (now) => {
      audio.currentTime = now.time
      this.change({ duration: audio.duration })
    })
    on('playing', () => this.change({ state: 'playing' }))
    on('pause', () => {
      // It may have been begun again since.
      if (audio.paused && !audio.error) this.change({ state: 'paused' })
    })
    on('ended', () => this.change({ state: 'paused' }))
    on('error', () => this.change({ state: 'failed' }))
    on('timeupdate', ({ piece, state }) => {
      // Until it has gone to where the piece begins, it tells where it was.
      if (state !== 'playing') return
      this.change({ time: audio.currentTime })
      if (piece.to !== undefined && audio.currentTime >= piece.to) audio.pause()
    })
    this.audio = audio
    return audio
  }

  private change(some: Partial<Sounding>): void {
    if (this.now) this.set({ ...this.now, ...some })
  }

  private set(now: Sounding | null): void {
    this.now = now
    for (const watcher of this.watchers) watcher()
  }
}

export const sound = new Sound()

/** What sounds now. */
export function useSounding(): Sounding | null {
  return useSyncExternalStore(sound.subscribe, sound.snapshot)
}
