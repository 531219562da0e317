/**
 * Sends one call: a small one at once, a large one in pieces that are taken up again where they stopped; of two files the
 * bytes of the second follow those of the first. In: its files and facts, a wire. Out: its entry in the ledger. What does
 * not answer is asked again, a few times, ever later.
 */
import { Problem } from '@/api/client'
import type { Facts } from './facts'

/** A call's file, or its two. */
export type Files = readonly [File, ...File[]]

/** Up to here a file goes in one request; a piece of a larger one is as long. */
export const PIECE_BYTES = 4 * 1024 * 1024

/** Waits before the next try, in ms. */
export const WAITS_MS = [1000, 2000, 4000, 8000, 15_000]

export interface Piecewise {
  id: string
  received: number
  entry?: string | null
}

/** The service, as far as sending goes; each throws `Problem`. */
export interface Wire {
  whole: (files: Files, facts: Facts | undefined, signal: AbortSignal) => Promise<string>
  announce: (files: Files, facts: Facts | undefined, signal: AbortSignal) => Promise<Piecewise>
  state: (id: string, signal: AbortSignal) => Promise<Piecewise>
  append: (id: string, offset: number, piece: Blob, signal: AbortSignal) => Promise<Piecewise>
}

export interface Sending {
  files: Files
  facts: Facts | undefined
  /** An upload that was begun before. */
  begun?: string | undefined
  signal: AbortSignal
  onBegun: (id: string | undefined) => void
  onSent: (bytes: number) => void
  /** Waits before another try; tests do not. */
  wait?: (ms: number, signal: AbortSignal) => Promise<void>
}

/** Ends early, and with the abort, when the person stops it. */
export function waiting(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done, fail) => {
    const stop = () => {
      clearTimeout(timer)
      fail(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      done()
    }, ms)
    signal.addEventListener('abort', stop, { once: true })
  })
}

const status = (error: unknown) => (error instanceof Problem ? error.status : -1)
/** Not answered, or not now. */
const isPassing = (error: unknown) => [0, 429, 502, 503, 504].includes(status(error))

/** Tries until it goes through; a conflict is cleared by asking how much came. */
async function trying<T>(sending: Sending, once: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await once()
    } catch (error) {
      const wait = WAITS_MS[tries]
      if (sending.signal.aborted || wait === undefined || !isPassing(error)) throw error
      await (sending.wait ?? waiting)(wait, sending.signal)
    }
  }
}

/** Where to go on: an upload that was begun, if the service still knows it; else a new one. */
async function begin(wire: Wire, sending: Sending): Promise<Piecewise> {
  const { begun, files, facts, signal } = sending
  if (begun) {
    try {
      return await trying(sending, () => wire.state(begun, signal))
    } catch (error) {
      if (status(error) !== 404) throw error
    }
  }
  const announced = await trying(sending, () => wire.announce(files, facts, signal))
  sending.onBegun(announced.id)
  return announced
}

export async function send(wire: Wire, sending: Sending): Promise<string> {
  const { files, facts, signal, onSent } = sending
  // Nothing is read yet: it is a list of where the bytes are.
  const bytes = new Blob([...files])
  if (bytes.size <= PIECE_BYTES) {
    const entry = await trying(sending, () => wire.whole(files, facts, signal))
    onSent(bytes.size)
    return entry
  }
  let upload = await begin(wire, sending)
  while (!upload.entry) {
    onSent(upload.received)
    upload = await trying(sending, async () => {
      const from = upload.received
      try {
        return await wire.append(upload.id, from, bytes.slice(from, from + PIECE_BYTES), signal)
      } catch (error) {
        // Part of the piece may have come, or all of it and only the answer was lost.
        if (status(error) === 409 || isPassing(error)) upload = await wire.state(upload.id, signal)
        if (status(error) === 409 && upload.received !== from) return upload
        throw error
      }
    })
  }
  sending.onBegun(undefined)
  onSent(bytes.size)
  return upload.entry
}
