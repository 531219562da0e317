/**
 * Runs on the audio thread: takes pieces from the page, plays them, tells how it goes. One output a leg. A file of its
 * own: the page's policy allows none that scripts make up.
 */
import { Playout } from './playout'
import type { ToldByWorklet, ToWorklet } from './protocol'

/** How often the page is told, in ms. */
const TELL_MS = 50

interface Settings {
  processorOptions: { rateHz: number; outputs: number }
}

declare const sampleRate: number
declare function registerProcessor(name: string, processor: unknown): void
declare class AudioWorkletProcessor {
  readonly port: MessagePort
}

class LivePlayer extends AudioWorkletProcessor {
  readonly #playout: Playout
  readonly #blocks = new Map<number, Float32Array>()
  readonly #levels: number[]
  #samples = 0

  constructor({ processorOptions }: Settings) {
    super()
    this.#playout = new Playout(processorOptions.rateHz)
    this.#levels = Array(processorOptions.outputs).fill(0)
    this.port.onmessage = ({ data }: MessageEvent<ToWorklet>) => this.#playout.push(data)
  }

  process(_: unknown, outputs: Float32Array[][]): boolean {
    this.#blocks.clear()
    outputs.forEach(([mono], leg) => {
      if (mono) this.#blocks.set(leg, mono)
    })
    const { behindMs, concealed, dropped, waiting } = this.#playout.fill(this.#blocks)
    for (const [leg, block] of this.#blocks) {
      let sum = 0
      for (const one of block) sum += one * one
      this.#levels[leg] = Math.max(this.#levels[leg]!, Math.sqrt(sum / block.length))
    }
    this.#samples += this.#blocks.get(0)?.length ?? 0
    if (this.#samples >= (TELL_MS / 1000) * sampleRate) {
      this.#samples = 0
      const told: ToldByWorklet = { behindMs, concealed, dropped, waiting, levels: [...this.#levels] }
      this.port.postMessage(told)
      this.#levels.fill(0)
    }
    return true
  }
}

registerProcessor('live-player', LivePlayer)
