/**
 * What the files that somebody chose are: calls of one recording or chat log, calls of two, and what only says something
 * about one. In: files, what their sidecars name, and what the person decided. Out: what is to be sent, each with its
 * sidecar; what is not sent, and why; and what may belong together.
 */

/** A call to be: its file, or its two in leg order. */
export interface Call {
  files: [File, ...File[]]
  sidecar?: File
  /** Two files that the person may take apart: no sidecar names them as one call. */
  parts?: true
}

/** `alone`: a sidecar without its recording. `hidden`: the system's own. `empty`: no bytes. `large`: over 2 GiB. */
export type Refused = 'alone' | 'hidden' | 'empty' | 'large'

export interface Sorted {
  calls: Call[]
  refused: { file: File; why: Refused }[]
  /** Recordings that look like two legs of one call, and will be calls of their own unless the person joins them. */
  twins: [string, string][]
}

export interface Known {
  /** The files that a sidecar names as its call's, in leg order. */
  named?: ReadonlyMap<File, readonly string[]>
  /** By `pairKey`: whether two files are one call, where the person said so. */
  decided?: Readonly<Record<string, boolean>>
}

/** What the service takes at most, as its description says. */
export const BYTES_MAX = 2 * 1024 ** 3

const SIDECAR = '.call.json'
const lower = (file: File) => file.name.toLowerCase()
const stem = (name: string) => name.replace(/\.[^.]+$/, '')
const CHATS = /\.(csv|tsv|json|jsonl|ndjson)$/i

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

/** What the service takes for one call in a watched folder: what a party says comes before what it hears. */
const SIDES: Record<string, [pair: string, leg: 0 | 1]> = {
  in: ['in', 0],
  out: ['in', 1],
  rx: ['rx', 0],
  tx: ['rx', 1],
}

/** Names that are the same but for their ending, or for which leg they say they are. */
export function twinsOf(names: readonly string[]): [string, string][] {
  const byStem = new Map<string, string[]>()
  for (const name of names) {
    const of = stem(name.toLowerCase())
    byStem.set(of, [...(byStem.get(of) ?? []), name])
  }
  const twins: [string, string][] = []
  for (const [of, [first, second]] of byStem) {
    if (first && second && first !== second) twins.push([first, second])
    for (const [one, other] of LEGS) {
      const call = new RegExp(`^(.+)([-_. ])${one}$`).exec(of)
      const sibling = call && byStem.get(`${call[1]}${call[2]}${other}`)?.[0]
      if (first && sibling) twins.push([first, sibling])
    }
  }
  return twins
}

export const pairKey = (names: readonly string[]) => names.toSorted().join('/')

/** Splits `x-in.wav` into its call and its leg. */
function sideOf(name: string): { call: string; of: string; leg: 0 | 1 } | undefined {
  const [, call, word] = /^(.+)[-_.]([a-z]+)$/i.exec(stem(name)) ?? []
  const side = SIDES[word?.toLowerCase() ?? '']
  if (!call || !side || CHATS.test(name)) return undefined
  const ending = name.slice(stem(name).length).toLowerCase()
  return { call: [call, side[0], ending].join('/'), of: call.toLowerCase(), leg: side[1] }
}

/** The two sides of each call whose names tell that they are, as the service reads them. */
function sidesOf(files: readonly File[]): [File, File][] {
  const calls = new Map<string, [File?, File?]>()
  for (const file of files) {
    const side = sideOf(file.name)
    if (!side) continue
    const legs: [File?, File?] = calls.get(side.call) ?? []
    legs[side.leg] ??= file
    calls.set(side.call, legs)
  }
  return [...calls.values()].filter((legs): legs is [File, File] => Boolean(legs[0] && legs[1]))
}

function reason(file: File): Refused | undefined {
  if (file.name.startsWith('.') || file.name === 'Thumbs.db' || file.name === 'desktop.ini') return 'hidden'
  if (file.size === 0) return 'empty'
  return file.size > BYTES_MAX ? 'large' : undefined
}

/** Files by name, those of which a sidecar has the stem taken out. `a.json` belongs to `a.wav`, unless it is alone. */
function sidecarsOf(files: readonly File[]) {
  const sidecars = new Map<string, File>()
  for (const file of files) {
    if (lower(file).endsWith(SIDECAR)) sidecars.set(lower(file).slice(0, -SIDECAR.length), file)
  }
  const rest = files.filter((file) => !lower(file).endsWith(SIDECAR))
  const others = rest.filter((file) => !lower(file).endsWith('.json'))
  const stems = new Set(others.flatMap((file) => [stem(lower(file)), sideOf(file.name)?.of]))
  const content = rest.filter((file) => {
    const of = stem(lower(file))
    if (!lower(file).endsWith('.json') || !stems.has(of)) return true
    if (!sidecars.has(of)) sidecars.set(of, file)
    return false
  })
  return { sidecars, content }
}

/** `a.call.json` belongs to `a.wav`, and to `a-in.wav` with `a-out.wav`; or to whatever files it names. */
export function pairUp(files: readonly File[], { named = new Map(), decided = {} }: Known = {}): Sorted {
  const refused: Sorted['refused'] = []
  const usable = files.filter((file) => {
    const why = reason(file)
    if (why) refused.push({ file, why })
    return !why
  })
  const { sidecars, content } = sidecarsOf(usable)
  const calls = new Map<File, Call>()
  const free = (file: File | undefined): file is File => Boolean(file && !calls.has(file))
  const join = (all: [File, ...File[]], sidecar?: File) => {
    if (!all.every(free)) return
    const size = all.reduce((sum, file) => sum + file.size, 0)
    const isNamed = sidecar && (named.get(sidecar)?.length ?? 0) > 1
    const call: Call = {
      files: all,
      ...(sidecar ? { sidecar } : {}),
      ...(all.length > 1 && !isNamed ? { parts: true } : {}),
    }
    for (const file of all) {
      calls.set(file, call)
      if (size > BYTES_MAX) refused.push({ file, why: 'large' })
    }
  }
  // Files of one name, from two folders, are of two calls.
  const byName = (name: string) => content.find((file) => file.name === name && free(file))
  const beside = (all: readonly File[]) => {
    const common = all.length > 1 ? all.map((file) => sideOf(file.name)?.of) : []
    const stems = [...common, ...all.map((file) => stem(lower(file)))]
    return stems.map((of) => (of === undefined ? undefined : sidecars.get(of))).find(Boolean)
  }
  for (const [sidecar, names] of named) {
    const [first, second, ...more] = names.map(byName)
    if (!usable.includes(sidecar) || !first || more.length > 0 || first === second) continue
    if (names.length === 1) join([first], sidecar)
    else if (second) join([first, second], sidecar)
  }
  for (const legs of sidesOf(content)) {
    if (decided[pairKey(legs.map(({ name }) => name))] !== false) join(legs, beside(legs))
  }
  for (const names of twinsOf(content.map(({ name }) => name))) {
    const [first, second] = names.map(byName)
    if (first && second && decided[pairKey(names)]) join([first, second], beside([first, second]))
  }
  for (const file of content) join([file], beside([file]))
  const used = new Set([...calls.values()].map(({ sidecar }) => sidecar))
  for (const file of sidecars.values()) if (!used.has(file)) refused.push({ file, why: 'alone' })
  const large = new Set(refused.map(({ file }) => file))
  // In the order they were chosen.
  const sent = [...new Set(content.flatMap((file) => calls.get(file) ?? []))].filter(
    ({ files: [first] }) => !large.has(first),
  )
  const single = sent.filter(({ files }) => files.length === 1)
  return { calls: sent, refused, twins: twinsOf(single.map(({ files: [file] }) => file.name)) }
}
