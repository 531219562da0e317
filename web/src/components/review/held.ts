/**
 * Decisions that were made and can still be taken back. A decision is never edited once it is on record, so that one
 * made by a slip of the finger is held here for some seconds before it is sent. In: decisions. Out: each sent once, of
 * one call in order, or undone; or told as failed.
 */
import type { Schemas } from '@/api/client'

type NewDecision = Schemas['NewDecision']

export interface Ruling extends NewDecision {
  callId: string
}

export interface Held extends Ruling {
  /** Counts up: the newest is undone first. */
  id: number
  state: 'held' | 'sending'
}

/** A finding's name among all calls. */
export function findingKey(callId: string, rubric: string, criterion: string): string {
  return [callId, rubric, criterion].join('\n')
}

export const HOLD_MS = 10_000

export class HeldDecisions {
  #all: readonly Held[] = []
  #count = 0
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>()
  /** The last of a call that is being sent: the next waits for it, as each changes the call's revision. */
  readonly #sending = new Map<string, Promise<void>>()
  readonly #watchers = new Set<() => void>()
  readonly #send: (held: Held) => Promise<void>
  readonly #failed: (held: Held, error: unknown) => void

  constructor(send: (held: Held) => Promise<void>, failed: (held: Held, error: unknown) => void) {
    this.#send = send
    this.#failed = failed
  }

  /** What is held or on its way, the oldest first. */
  list = (): readonly Held[] => this.#all

  watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  /** Holds a decision. It takes the place of one on the same finding that was not sent yet. */
  hold(ruling: Ruling): Held {
    const key = findingKey(ruling.callId, ruling.rubric, ruling.criterion)
    for (const one of this.#all) {
      if (one.state === 'held' && findingKey(one.callId, one.rubric, one.criterion) === key) this.#drop(one)
    }
    this.#count += 1
    const held: Held = { ...ruling, id: this.#count, state: 'held' }
    this.#set([...this.#all, held])
    this.#timers.set(
      held.id,
      setTimeout(() => this.#go(held.id), HOLD_MS),
    )
    return held
  }

  /** Takes the newest back, if it was not sent yet. */
  undo(): Held | undefined {
    const last = this.#all.findLast((one) => one.state === 'held')
    if (last) this.#drop(last)
    return last
  }

  /** Sends all that is held; nothing waits any longer. */
  flush(): void {
    for (const one of this.#all) if (one.state === 'held') this.#go(one.id)
  }

  #go(id: number) {
    const held = this.#all.find((one) => one.id === id)
    if (held?.state !== 'held') return
    // What was decided on this call before goes first.
    for (const one of this.#all) {
      if (one.id < id && one.callId === held.callId && one.state === 'held') this.#go(one.id)
    }
    this.#clear(id)
    this.#set(this.#all.map((one) => (one.id === id ? { ...one, state: 'sending' } : one)))
    const before = this.#sending.get(held.callId) ?? Promise.resolve()
    const sent = before
      .then(() => this.#send(held))
      .catch((error: unknown) => this.#failed(held, error))
      .then(() => {
        this.#set(this.#all.filter((one) => one.id !== id))
        if (this.#sending.get(held.callId) === sent) this.#sending.delete(held.callId)
      })
    this.#sending.set(held.callId, sent)
  }

  #drop(held: Held) {
    this.#clear(held.id)
    this.#set(this.#all.filter((one) => one.id !== held.id))
  }

  #clear(id: number) {
    clearTimeout(this.#timers.get(id))
    this.#timers.delete(id)
  }

  #set(all: readonly Held[]) {
    this.#all = all
    for (const watcher of this.#watchers) watcher()
  }
}
