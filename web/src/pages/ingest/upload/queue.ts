/**
 * Calls on their way. They go on while other pages are looked at, some at a time; the page shows `useQueue`. In:
 * calls and facts. Out: for each how far it is, and in the end its entry in the ledger or what went wrong.
 */
import { useSyncExternalStore } from 'react'
import { begunAs, keepBegun, whatOf } from './begun'
import { factsOf, type Said } from './facts'
import type { Call } from './pairing'
import { send } from './send'
import { abandon, wire } from './wire'

/** Calls sent at a time. */
const AT_A_TIME = 3

export type UploadState = 'waiting' | 'sending' | 'paused' | 'sent' | 'failed'

export interface Item {
  key: number
  /** Its file's name, or both its files'. */
  name: string
  /** Bytes. */
  size: number
  state: UploadState
  /** Bytes that came. */
  sent: number
  /** Its entry in the ledger, once it is there. */
  entry?: string
  problem?: Error
}

interface Work {
  item: Item
  call: Call
  said: Said
  stop?: AbortController
  /** What it is kept under, once it was begun. */
  what?: string
}

let person = ''
let works: Work[] = []
let snapshot: Item[] = []
let keys = 0
const watchers = new Set<() => void>()

function changed() {
  snapshot = works.map(({ item }) => item)
  for (const watcher of watchers) watcher()
}

function set(work: Work, change: Partial<Item>) {
  work.item = { ...work.item, ...change }
  changed()
}

const underWay = () => works.filter(({ item }) => item.state === 'sending')

function leaving(event: BeforeUnloadEvent) {
  if (works.some(({ item }) => item.state === 'sending' || item.state === 'waiting')) event.preventDefault()
}

function next() {
  while (underWay().length < AT_A_TIME) {
    const work = works.find(({ item }) => item.state === 'waiting')
    if (!work) return
    void run(work)
  }
}

async function run(work: Work) {
  const stop = new AbortController()
  work.stop = stop
  set(work, { state: 'sending', problem: undefined })
  try {
    const { files, sidecar } = work.call
    const legs = files.length > 1 ? files.map(({ name }) => name) : undefined
    const facts = factsOf(work.said, await sidecar?.text(), legs)
    const what = whatOf(person, files, facts)
    work.what = what
    const entry = await send(wire, {
      files,
      facts,
      begun: begunAs(what),
      signal: stop.signal,
      onBegun: (id) => keepBegun(what, id),
      onSent: (sent) => set(work, { sent }),
    })
    set(work, { state: 'sent', entry })
  } catch (error) {
    if (stop.signal.aborted) set(work, { state: 'paused' })
    else set(work, { state: 'failed', problem: error as Error })
  }
  next()
}

function of(key: number): Work | undefined {
  return works.find(({ item }) => item.key === key)
}

/** Files that one person chose are not shown to the next. */
export function queueOf(id: string) {
  if (id === person) return
  for (const { stop } of works) stop?.abort()
  person = id
  works = []
  changed()
}

export function enqueue(calls: Call[], said: Said) {
  window.addEventListener('beforeunload', leaving)
  for (const call of calls) {
    keys += 1
    const item: Item = {
      key: keys,
      name: call.files.map(({ name }) => name).join(' + '),
      size: call.files.reduce((sum, { size }) => sum + size, 0),
      state: 'waiting',
      sent: 0,
    }
    works.push({ item, call, said })
  }
  changed()
  next()
}

export function pause(key: number) {
  const work = of(key)
  if (work?.item.state === 'waiting') set(work, { state: 'paused' })
  else work?.stop?.abort()
}

/** After a pause, or a failure. */
export function resume(key: number) {
  const work = of(key)
  if (!work) return
  set(work, { state: 'waiting', problem: undefined })
  next()
}

/** Takes it off the list; what came of it is forgotten. */
export async function drop(key: number) {
  const work = of(key)
  if (!work) return
  works = works.filter((other) => other !== work)
  work.stop?.abort()
  changed()
  next()
  if (work.item.state === 'sent') return
  const begun = work.what && begunAs(work.what)
  if (!work.what || !begun) return
  keepBegun(work.what, undefined)
  // The service forgets it by itself in a week.
  await abandon(begun).catch(() => {})
}

/** Takes what has come off the list. */
export function clearSent() {
  works = works.filter(({ item }) => item.state !== 'sent')
  changed()
}

export function useQueue(): Item[] {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher)
      return () => watchers.delete(watcher)
    },
    () => snapshot,
  )
}
