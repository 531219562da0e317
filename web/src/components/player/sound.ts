/**
 * One sound for a whole page: rows start and stop it, a bar shows where it is. In: a call and a second.
 * Out: snapshots for `useSyncExternalStore`.
 */
export interface Sounding {
  /** The call that is loaded. */
  callId: string
  /** Which row began it. */
  row: string
  /** Seconds. */
  time: number
  duration: number
  playing: boolean
  /** It cannot be played. */
  failed: boolean
}

export class Sound {
  private audio: HTMLAudioElement | undefined
  private now: Sounding | null = null
  private readonly watchers = new Set<() => void>()
  private wanted = 0

  readonly subscribe = (watcher: () => void) => {
    this.watchers.add(watcher)
    return () => {
      this.watchers.delete(watcher)
    }
  }
  readonly snapshot = () => this.now

  /** Plays a call from a second on. */
  play(callId: string, row: string, from: number): void {
    const audio = this.element()
    if (this.now?.callId !== callId || this.now.failed) {
      this.wanted = from
      this.now = { callId, row, time: from, duration: 0, playing: true, failed: false }
      audio.src = `/api/v1/calls/${encodeURIComponent(callId)}/audio`
    } else {
      this.now = { ...this.now, row, time: from, playing: true }
      this.go(from)
    }
    this.tell()
    // Another call may be asked for before this one begins: then the first is no longer wanted.
    audio.play().catch(() => {})
  }

  /** Stops, or goes on from where it stopped. */
  toggle(): void {
    if (this.now?.playing) this.audio?.pause()
    else this.audio?.play().catch(() => {})
  }

  seek(to: number): void {
    if (!this.now) return
    this.go(Math.max(0, Math.min(to, this.now.duration || to)))
    this.change({ time: to })
  }

  close(): void {
    this.audio?.pause()
    this.audio?.removeAttribute('src')
    this.audio = undefined
    this.now = null
    this.tell()
  }

  private go(to: number): void {
    const { audio } = this
    if (!audio) return
    // Before the length is known there is nowhere to go.
    if (audio.readyState === 0) this.wanted = to
    else audio.currentTime = to
  }

  private element(): HTMLAudioElement {
    if (this.audio) return this.audio
    const audio = new Audio()
    audio.preload = 'auto'
    const mine = (then: () => void) => () => {
      if (this.audio === audio && this.now) then()
    }
    audio.addEventListener(
      'loadedmetadata',
      mine(() => {
        audio.currentTime = this.wanted
        this.change({ duration: audio.duration })
      }),
    )
    audio.addEventListener(
      'timeupdate',
      mine(() => this.change({ time: audio.currentTime })),
    )
    for (const name of ['play', 'pause', 'ended'])
      audio.addEventListener(
        name,
        mine(() => this.change({ playing: !audio.paused && !audio.ended })),
      )
    audio.addEventListener(
      'error',
      mine(() => this.change({ playing: false, failed: true })),
    )
    this.audio = audio
    return audio
  }

  private change(some: Partial<Sounding>): void {
    if (this.now) this.now = { ...this.now, ...some }
    this.tell()
  }

  private tell(): void {
    for (const watcher of this.watchers) watcher()
  }
}
