/** The stream of calls that go on: one a page, and only while it is looked at. */
import { useEffect, useState, useSyncExternalStore } from 'react'
import type { LiveCall, LivePartial, LiveUtterance } from '@/api/live'
import { EMPTY, type Feed, type Told, told } from './feed'

/** All calls are told at the start: after this long, in ms, they have been. */
const SETTLED_MS = 3000
/** A stream that was refused is asked for again after this long, in ms; one that broke the browser takes up itself. */
const AGAIN_MS = 5000
/** Events are gathered and drawn together, in ms. */
const GATHER_MS = 100

class FeedStore {
  #feed: Feed = EMPTY
  #waiting: Told[] = []
  #timer: ReturnType<typeof setTimeout> | undefined
  readonly #watchers = new Set<() => void>()

  readonly snapshot = () => this.#feed
  readonly subscribe = (watcher: () => void) => {
    this.#watchers.add(watcher)
    return () => {
      this.#watchers.delete(watcher)
    }
  }

  tell(event: Told) {
    this.#waiting.push(event)
    if (this.#timer !== undefined) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#feed = this.#waiting.splice(0).reduce(told, this.#feed)
      for (const watcher of this.#watchers) watcher()
    }, GATHER_MS)
  }
}

/** Follows the stream while `store` is watched; ends it in what is returned. */
function follow(store: FeedStore, url: string): () => void {
  let source: EventSource | undefined
  let settling: ReturnType<typeof setTimeout> | undefined
  let again: ReturnType<typeof setTimeout> | undefined
  const begin = () => {
    const made = new EventSource(url)
    const on = <T>(name: string, of: (data: T) => Told) =>
      made.addEventListener(name, (message) => store.tell(of(JSON.parse((message as MessageEvent).data))))
    made.addEventListener('open', () => {
      store.tell({ kind: 'open' })
      clearTimeout(settling)
      settling = setTimeout(() => store.tell({ kind: 'settled' }), SETTLED_MS)
    })
    made.addEventListener('error', () => {
      clearTimeout(settling)
      store.tell({ kind: 'lost' })
      if (made.readyState !== EventSource.CLOSED) return
      end()
      again = setTimeout(look, AGAIN_MS)
    })
    on<LiveCall>('call', (call) => ({ kind: 'call', call, at: Date.now() }))
    on<{ call_id: string }>('gone', ({ call_id }) => ({ kind: 'gone', call_id }))
    on<LiveUtterance>('utterance', (utterance) => ({ kind: 'utterance', utterance }))
    on<LivePartial>('partial', (partial) => ({ kind: 'partial', partial }))
    source = made
  }
  const end = () => {
    clearTimeout(settling)
    clearTimeout(again)
    source?.close()
    source = undefined
  }
  const look = () => {
    if (document.hidden) end()
    else if (!source) begin()
  }
  look()
  document.addEventListener('visibilitychange', look)
  return () => {
    document.removeEventListener('visibilitychange', look)
    end()
  }
}

/** All calls in scope; with `callId` that one, and what is said in it. */
export function useFeed(callId?: string): Feed {
  const [store] = useState(() => new FeedStore())
  useEffect(() => {
    const only = callId === undefined ? '' : `?${new URLSearchParams({ call_id: callId })}`
    return follow(store, `/api/v1/live/stream${only}`)
  }, [store, callId])
  return useSyncExternalStore(store.subscribe, store.snapshot)
}
