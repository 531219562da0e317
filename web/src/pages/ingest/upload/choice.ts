/** What somebody has chosen so far, what was read of it, and what the person said of it. Nothing is sent. */
import { filesNamed } from './facts'
import { keyOf } from './names'
import { isSidecar, type Known } from './pairing'

export interface Choice extends Required<Known> {
  files: readonly File[]
}

export const NOTHING: Choice = {
  files: [],
  named: new Map(),
  unreadable: new Set(),
  removed: new Set(),
  decided: [],
}

/** What a sidecar may weigh, as its description says; what weighs more is told when it is sent. */
const SIDECAR_BYTES_MAX = 1024 ** 2

type Read = Pick<Choice, 'named' | 'unreadable'>

/** What sidecars among some files name as their calls' files, and which of the files cannot be read. */
export async function readOf(files: readonly File[]): Promise<Read> {
  const named = new Map<File, string[]>()
  const unreadable = new Set<File>()
  const look = async (file: File) => {
    if (isSidecar(file) && file.size <= SIDECAR_BYTES_MAX) {
      const names = filesNamed(await file.text())
      if (names.length > 0) named.set(file, names)
      // A folder that is dropped comes as a file without a type, which has no bytes.
    } else if (!file.type) await file.slice(0, 1).arrayBuffer()
  }
  await Promise.all(files.map((file) => look(file).catch(() => unreadable.add(file))))
  return { named, unreadable }
}

/** With more files: one file twice is chosen once, what was taken out comes back, what could not be read is read anew. */
export function added(choice: Choice, files: readonly File[], read: Read): Choice {
  const again = new Set(files.map(keyOf))
  const kept = choice.files.filter((file) => !choice.unreadable.has(file) || !again.has(keyOf(file)))
  const known = new Set(kept.map(keyOf))
  const fresh = files.filter((file) => !known.has(keyOf(file)) && known.add(keyOf(file)))
  return {
    ...choice,
    files: [...kept, ...fresh],
    named: new Map([...choice.named, ...read.named]),
    unreadable: new Set([...choice.unreadable, ...read.unreadable]),
    removed: new Set([...choice.removed].filter((file) => !again.has(keyOf(file)))),
  }
}

/** Without these; what is left of their names is not taken for something else for that. */
export function without(choice: Choice, files: readonly File[]): Choice {
  const removed = new Set([...choice.removed, ...files])
  return removed.size < choice.files.length ? { ...choice, removed } : NOTHING
}

export function decidedOn(choice: Choice, files: readonly File[], one: boolean): Choice {
  const others = choice.decided.filter((decision) => !files.every((file) => decision.files.includes(file)))
  return { ...choice, decided: [...others, { files, one }] }
}
