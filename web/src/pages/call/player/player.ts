/**
 * Plays a call: owns the media element, where it is, and the stretch that is being played out or looped. Without audio
 * (a chat, or no leave to hear) it still has a place, so that transcript and waveform stay in step.
 */
import type { Stretch } from '../logic/report'
import { afterGap, withLead } from '../logic/time'
import { type Heard, type Mixer, mixerOf } from './mix'

export const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3]

export interface PlayerState {
  playing: boolean
  /** Audio was asked for and has not come yet. */
  waiting: boolean
  failed: boolean
  rate: number
  volume: number
  skipping: boolean
  looping: boolean
  heard: Heard
  /** What is being played out. */
  stretch: Stretch | undefined
}

const START: PlayerState = {
  playing: false,
  waiting: false,
  failed: false,
  rate: 1,
  volume: 1,
  skipping: false,
  looping: false,
  heard: 'both',
  stretch: undefined,
}

export class Player {
  state = START
  /** Seconds. */
  at = 0
  gaps: Stretch[] = []
  duration = 0
  readonly element = new Audio()
  private source: string | undefined
  private mixer: Mixer | undefined
  private frame = 0
  private readonly places = new Set<() => void>()
  private readonly states = new Set<() => void>()
  private readonly aborter = new AbortController()

  constructor() {
    const { element } = this
    element.preload = 'metadata'
    element.preservesPitch = true
    const on = (name: string, then: () => void) =>
      element.addEventListener(name, then, { signal: this.aborter.signal })
    on('play', () => {
      this.set({ playing: true })
      this.run()
    })
    on('pause', () => this.set({ playing: false, waiting: false }))
    on('waiting', () => this.set({ waiting: true }))
    on('playing', () => this.set({ waiting: false, failed: false }))
    on('canplay', () => this.set({ waiting: false }))
    on('error', () => this.set({ playing: false, waiting: false, failed: Boolean(this.source) }))
    on('loadedmetadata', () => {
      // Another recording of the same call (its original) goes on from where the first was.
      if (Math.abs(element.currentTime - this.at) > 0.05) element.currentTime = this.at
      element.playbackRate = this.state.rate
    })
    // A hidden window draws no frames, but must still stop at the end of a stretch.
    on('timeupdate', () => this.tick())
  }

  load(source: string | undefined) {
    if (source === this.source) return
    const wasPlaying = this.state.playing
    this.source = source
    this.set({ failed: false })
    if (source === undefined) {
      this.element.removeAttribute('src')
      this.element.load()
      return
    }
    this.element.src = source
    if (wasPlaying) this.play()
  }

  dispose() {
    cancelAnimationFrame(this.frame)
    this.aborter.abort()
    this.element.pause()
    this.element.removeAttribute('src')
    this.element.load()
    this.mixer?.close()
  }

  get silent(): boolean {
    return this.source === undefined
  }

  play() {
    if (this.silent) return
    this.mixer?.wake()
    this.element.play().catch(() => this.set({ playing: false, waiting: false }))
  }

  toggle() {
    if (this.state.playing) this.element.pause()
    else this.play()
  }

  seek(to: number) {
    if (this.state.stretch) this.set({ stretch: undefined })
    this.go(to)
  }

  playFrom(at: number) {
    this.seek(at)
    this.play()
  }

  /** Plays a piece of evidence with a little before and after, and stops, or begins again. */
  playStretch(stretch: Stretch) {
    const played = withLead(stretch, this.duration)
    this.go(played.start_s)
    this.set({ stretch: played })
    this.play()
  }

  setRate(rate: number) {
    this.element.playbackRate = rate
    this.set({ rate })
  }

  /** To the next faster or slower speed. */
  changeRate(by: 1 | -1) {
    const ix = SPEEDS.indexOf(this.state.rate) + by
    const rate = SPEEDS[Math.min(Math.max(ix, 0), SPEEDS.length - 1)]
    if (rate !== undefined) this.setRate(rate)
  }

  setVolume(volume: number) {
    this.element.volume = volume
    this.set({ volume })
  }

  setSkipping(skipping: boolean) {
    this.set({ skipping })
  }

  setLooping(looping: boolean) {
    this.set({ looping })
  }

  hear(heard: Heard) {
    if (heard !== 'both') this.mixer ??= mixerOf(this.element)
    this.mixer?.hear(heard)
    this.mixer?.wake()
    this.set({ heard })
  }

  readonly onPlace = (listener: () => void) => {
    this.places.add(listener)
    return () => void this.places.delete(listener)
  }

  readonly onState = (listener: () => void) => {
    this.states.add(listener)
    return () => void this.states.delete(listener)
  }

  readonly getState = () => this.state

  private go(to: number) {
    this.at = Math.min(Math.max(0, to), this.duration)
    if (!this.silent) this.element.currentTime = this.at
    this.tellPlace()
  }

  private run() {
    cancelAnimationFrame(this.frame)
    const frame = () => {
      this.tick()
      if (this.state.playing) this.frame = requestAnimationFrame(frame)
    }
    this.frame = requestAnimationFrame(frame)
  }

  private tick() {
    if (this.silent || this.element.seeking) return
    this.at = Math.min(this.element.currentTime, this.duration)
    const { stretch, looping, skipping, playing } = this.state
    if (stretch && this.at >= stretch.end_s) {
      if (looping) this.go(stretch.start_s)
      else {
        this.element.pause()
        this.set({ stretch: undefined })
      }
    } else if (skipping && playing && !stretch) {
      const to = afterGap(this.gaps, this.at)
      if (to !== undefined) this.go(to)
    }
    this.tellPlace()
  }

  private tellPlace() {
    for (const listener of this.places) listener()
  }

  private set(change: Partial<PlayerState>) {
    this.state = { ...this.state, ...change }
    for (const listener of this.states) listener()
  }
}
