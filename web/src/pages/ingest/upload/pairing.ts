/**
 * Which of the files that somebody chose are recordings or chat logs, and which only say something about one. In:
 * files. Out: what is to be sent, each with its sidecar; and what is not sent, and why.
 */
export interface Pair {
  file: File
  sidecar?: File
}

/** `alone`: a sidecar without its recording. `hidden`: the system's own. `empty`: no bytes. `large`: over 2 GiB. */
export type Refused = 'alone' | 'hidden' | 'empty' | 'large'

export interface Sorted {
  pairs: Pair[]
  refused: { file: File; why: Refused }[]
  /** Recordings that look like two legs of one call. The service makes a call of each. */
  twins: [string, string][]
}

/** What the service takes at most, as its description says. */
export const BYTES_MAX = 2 * 1024 ** 3

const SIDECAR = '.call.json'
const lower = (file: File) => file.name.toLowerCase()
const stem = (name: string) => name.replace(/\.[^.]+$/, '')

/** What recorders name the two legs of a call. */
const LEGS = [
  ['agent', 'customer'],
  ['caller', 'callee'],
  ['rx', 'tx'],
  ['in', 'out'],
  ['left', 'right'],
  ['l', 'r'],
  ['leg0', 'leg1'],
  ['leg1', 'leg2'],
  ['ch0', 'ch1'],
  ['ch1', 'ch2'],
] as const

/** Names that are the same but for their ending, or for which leg they say they are. */
export function twinsOf(names: readonly string[]): [string, string][] {
  const byStem = new Map<string, string[]>()
  for (const name of names) {
    const of = stem(name.toLowerCase())
    byStem.set(of, [...(byStem.get(of) ?? []), name])
  }
  const twins: [string, string][] = []
  for (const [of, [first, second]] of byStem) {
    if (first && second) twins.push([first, second])
    for (const [one, other] of LEGS) {
      const call = new RegExp(`^(.+)([-_. ])${one}$`).exec(of)
      const sibling = call && byStem.get(`${call[1]}${call[2]}${other}`)?.[0]
      if (first && sibling) twins.push([first, sibling])
    }
  }
  return twins
}

function reason(file: File): Refused | undefined {
  if (file.name.startsWith('.') || file.name === 'Thumbs.db' || file.name === 'desktop.ini') return 'hidden'
  if (file.size === 0) return 'empty'
  return file.size > BYTES_MAX ? 'large' : undefined
}

/** `a.call.json` belongs to `a.wav`; so does `a.json`, unless it is alone: then it is a chat log. */
export function pairUp(files: readonly File[]): Sorted {
  const refused: Sorted['refused'] = []
  const usable = files.filter((file) => {
    const why = reason(file)
    if (why) refused.push({ file, why })
    return !why
  })
  const sidecars = new Map<string, File>()
  for (const file of usable) {
    if (lower(file).endsWith(SIDECAR)) sidecars.set(lower(file).slice(0, -SIDECAR.length), file)
  }
  const rest = usable.filter((file) => !lower(file).endsWith(SIDECAR))
  const others = new Set(
    rest.filter((file) => !lower(file).endsWith('.json')).map((file) => stem(lower(file))),
  )
  const content = rest.filter((file) => {
    const of = stem(lower(file))
    if (!lower(file).endsWith('.json') || !others.has(of)) return true
    if (!sidecars.has(of)) sidecars.set(of, file)
    return false
  })
  const pairs = content.map((file) => {
    const sidecar = sidecars.get(stem(lower(file)))
    return sidecar ? { file, sidecar } : { file }
  })
  const used = new Set(pairs.map(({ sidecar }) => sidecar))
  for (const file of sidecars.values()) if (!used.has(file)) refused.push({ file, why: 'alone' })
  return { pairs, refused, twins: twinsOf(pairs.map(({ file }) => file.name)) }
}
