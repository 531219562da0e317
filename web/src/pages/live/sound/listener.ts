/**
 * Hears a call while it goes on: a WebSocket brings its sound, the audio thread plays it. In: a call, why one listens, and
 * how each party is to be heard. Out: snapshots for `useSyncExternalStore`. A broken line is taken up again a few times.
 */
import { problemOf } from '@/api/client'
import { type LiveState, listenUrl } from '@/api/live'
import { Delay } from './delay'
import { frameOf, type LegSaid, resampled, saidOf } from './frame'
import type { ToldByWorklet, ToWorklet } from './protocol'
import workletUrl from './worklet?worker&url'

export interface Hearing {
  state: 'off' | 'connecting' | 'on' | 'ended' | 'failed'
  /** Why it failed, in the service's words. */
  problem?: string | undefined
  call: LiveState
  legs: LegSaid[]
  /** By the legs' places. */
  levels: number[]
  delayMs: number | undefined
  /** It waits for sound. */
  waiting: boolean
  /** Whether personal data is muted; `asked` until the service says that it does it. */
  muting: 'off' | 'asked' | 'on' | 'refused'
}

export interface Heard {
  /** 0 to 1.5. */
  volume: number
  /** −1 is left, 1 is right. */
  pan: number
}

const OFF: Hearing = {
  state: 'off',
  call: 'live',
  legs: [],
  levels: [],
  delayMs: undefined,
  waiting: true,
  muting: 'off',
}

/** Two parties, and those who join them. */
const OUTPUTS = 4
/** The service says within this time, in ms, that it mutes; else it does not. */
const ANSWER_MS = 3000
/** Waits before a broken line is tried again, in ms. */
const AGAIN_MS = [500, 1000, 2000, 4000, 8000]

interface Leg {
  gain: GainNode
  panner: StereoPannerNode
}

export class Listener {
  #now: Hearing = OFF
  #socket: WebSocket | undefined
  #context: AudioContext | undefined
  #node: AudioWorkletNode | undefined
  #legs: Leg[] = []
  #heard: Heard[] = []
  #delay = new Delay()
  #heldBackMs = 0
  #tries = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #muting: ReturnType<typeof setTimeout> | undefined
  readonly #callId: string
  #reason = ''
  readonly #watchers = new Set<() => void>()

  constructor(callId: string) {
    this.#callId = callId
  }

  readonly snapshot = () => this.#now
  readonly subscribe = (watcher: () => void) => {
    this.#watchers.add(watcher)
    return () => {
      this.#watchers.delete(watcher)
    }
  }

  start(reason: string): void {
    this.stop()
    this.#reason = reason
    this.#tries = 0
    this.#connect()
  }

  stop(): void {
    clearTimeout(this.#timer)
    clearTimeout(this.#muting)
    const socket = this.#socket
    this.#socket = undefined
    socket?.close()
    void this.#context?.close()
    this.#context = undefined
    this.#node = undefined
    this.#legs = []
    if (this.#now.state !== 'off') this.#set({ ...OFF, muting: this.#now.muting })
  }

  /** How the legs are heard, by their places. */
  hear(heard: Heard[]): void {
    this.#heard = heard
    this.#legs.forEach(({ gain, panner }, ix) => {
      gain.gain.value = heard[ix]?.volume ?? 1
      panner.pan.value = heard[ix]?.pan ?? 0
    })
  }

  /** Mutes personal data; the sound comes later, as what is such is known only after it was said. */
  mute(on: boolean): void {
    this.#set({ muting: on ? 'asked' : 'off' })
    this.#sayMuting(on)
  }

  /** Nobody is told that something is muted before the service says so. */
  #sayMuting(on: boolean) {
    clearTimeout(this.#muting)
    if (this.#socket?.readyState !== WebSocket.OPEN) return
    this.#socket.send(JSON.stringify({ type: 'mute_pii', on }))
    if (!on) return
    this.#muting = setTimeout(() => {
      if (this.#now.muting === 'asked') this.#set({ muting: 'refused' })
    }, ANSWER_MS)
  }

  #connect() {
    const socket = new WebSocket(listenUrl(this.#callId, this.#reason))
    socket.binaryType = 'arraybuffer'
    this.#socket = socket
    this.#set({ state: 'connecting', problem: undefined })
    const mine = (then: (event: MessageEvent) => void) => (event: Event) => {
      if (this.#socket === socket) then(event as MessageEvent)
    }
    socket.addEventListener(
      'message',
      mine(({ data }) => (typeof data === 'string' ? this.#said(data) : this.#sound(data))),
    )
    socket.addEventListener(
      'close',
      mine(() => void this.#closed()),
    )
  }

  async #closed() {
    this.#socket = undefined
    if (this.#now.state === 'ended') return
    const wait = AGAIN_MS[this.#tries]
    // A refusal has words; browsers do not show those of a WebSocket.
    const problem = this.#now.state === 'connecting' ? await this.#refusal() : undefined
    if (this.#socket || this.#now.state === 'off') return
    if (problem || wait === undefined) {
      this.#set({ state: 'failed', problem, delayMs: undefined, levels: [] })
      return
    }
    this.#tries += 1
    this.#set({ state: 'connecting', delayMs: undefined, levels: [] })
    this.#timer = setTimeout(() => this.#connect(), wait)
  }

  async #refusal(): Promise<string | undefined> {
    const url = listenUrl(this.#callId, this.#reason).replace(/^ws/, 'http')
    const answer = await fetch(url, { credentials: 'same-origin' }).catch(() => undefined)
    // Whatever only says that it wants a WebSocket is no refusal.
    if (!answer || ![401, 403, 404, 409, 410, 429].includes(answer.status)) return undefined
    const problem = await problemOf(answer)
    return problem.detail ? `${problem.message}: ${problem.detail}` : problem.message
  }

  #said(text: string) {
    const said = saidOf(text)
    if (!said) return
    if (said.type === 'end') {
      this.stop()
      this.#set({ state: 'ended' })
      return
    }
    if (said.type === 'format') {
      this.#tries = 0
      this.#delay.forget()
      this.#set({ state: 'on', legs: said.legs, call: said.state ?? 'live' })
      if (this.#now.muting !== 'off') this.mute(true)
      return
    }
    if (said.delay_ms !== undefined) {
      this.#heldBackMs = said.delay_ms
      this.#delay.forget()
      // Sound that is not held back is not muted: whoever asked for it is told so when its time is over.
      const { muting } = this.#now
      if (muting !== 'off' && said.delay_ms > 0) this.#set({ muting: 'on' })
      else if (muting === 'on') this.#set({ muting: 'off' })
    }
    this.#set({ call: said.state, legs: said.legs ?? this.#now.legs })
  }

  async #open(rate: number) {
    const context = new AudioContext({ sampleRate: rate, latencyHint: 'interactive' })
    this.#context = context
    await context.audioWorklet.addModule(workletUrl)
    // It may have been stopped meanwhile.
    if (this.#context !== context) return
    const node = new AudioWorkletNode(context, 'live-player', {
      numberOfInputs: 0,
      numberOfOutputs: OUTPUTS,
      outputChannelCount: Array(OUTPUTS).fill(1),
      processorOptions: { rateHz: rate, outputs: OUTPUTS },
    })
    this.#legs = Array.from({ length: OUTPUTS }, (_, ix) => {
      const leg = { gain: context.createGain(), panner: context.createStereoPanner() }
      node.connect(leg.gain, ix).connect(leg.panner).connect(context.destination)
      return leg
    })
    node.port.onmessage = ({ data }: MessageEvent<ToldByWorklet>) => {
      if (this.#context !== context || this.#now.state !== 'on') return
      const card = 1000 * (context.outputLatency || context.baseLatency || 0)
      const delayMs = data.waiting ? undefined : this.#delay.of(data.behindMs, card, this.#heldBackMs)
      this.#set({ levels: data.levels, waiting: data.waiting, delayMs })
    }
    this.#node = node
    this.hear(this.#heard)
    await context.resume()
  }

  #sound(bytes: ArrayBuffer) {
    const frame = frameOf(bytes)
    if (!frame) return
    // The first that comes says at which rate all is played.
    if (!this.#context) void this.#open(frame.rateHz)
    if (!this.#node || !this.#context) return
    const place = this.#now.legs.findIndex(({ leg }) => leg === frame.leg)
    if (place < 0 || place >= OUTPUTS) return
    this.#delay.came(frame.mediaMs, performance.now())
    const samples = resampled(frame.samples, frame.rateHz, this.#context.sampleRate)
    const piece: ToWorklet = { leg: place, mediaMs: frame.mediaMs, samples }
    this.#node.port.postMessage(piece, [samples.buffer])
  }

  #set(some: Partial<Hearing>) {
    this.#now = { ...this.#now, ...some }
    for (const watcher of this.#watchers) watcher()
  }
}
