/**
 * What names and folders of files tell: which are the two sides of one call, and which may be. In: files. Out: what they
 * have in common. Nothing is looked at but names, folders, and when they were written.
 */

export const lower = (file: File) => file.name.toLowerCase()
export const stem = (name: string) => name.replace(/\.[^.]+$/, '')

/** The folder a file was chosen with, with a slash behind; none where the browser does not tell. */
export const folderOf = ({ webkitRelativePath: path }: File) =>
  path ? path.slice(0, path.lastIndexOf('/') + 1) : ''

/** Tells a file from others, also when it is chosen again. */
export const keyOf = (file: File) => `${folderOf(file)}${file.name}/${file.size}/${file.lastModified}`

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

export function grouped(files: readonly File[], keyOf: (file: File) => string): Map<string, File[]> {
  const groups = new Map<string, File[]>()
  for (const file of files) {
    const group = groups.get(keyOf(file))
    if (group) group.push(file)
    else groups.set(keyOf(file), [file])
  }
  return groups
}

/** Splits `x-in.wav` into its call and its leg. */
export function sideOf(name: string): { call: string; of: string; leg: 0 | 1 } | undefined {
  const [, call, word] = /^(.+)[-_.]([a-z]+)$/i.exec(stem(name)) ?? []
  const side = SIDES[word?.toLowerCase() ?? '']
  if (!call || !side || CHATS.test(name)) return undefined
  const ending = name.slice(stem(name).length).toLowerCase()
  return { call: [call, side[0], ending].join('/'), of: call.toLowerCase(), leg: side[1] }
}

/**
 * The two sides of each call whose names tell that they are, as the service reads them. Where a side is there more than
 * once, as when numbers begin anew each day, names do not tell which belongs to which.
 */
export function sidesOf(files: readonly File[]): [File, File][] {
  const calls = new Map<string, [File[], File[]]>()
  for (const file of files) {
    const side = sideOf(file.name)
    if (!side) continue
    const call = folderOf(file) + side.call
    const legs = calls.get(call) ?? [[], []]
    legs[side.leg].push(file)
    calls.set(call, legs)
  }
  return [...calls.values()].flatMap(([[one, ...ones], [other, ...others]]): [File, File][] =>
    one && other && ones.length + others.length === 0 ? [[one, other]] : [],
  )
}

type Alike = [ones: File[], others: File[]]

/** Names of one folder that are the same but for their ending, or for which leg they say they are: one of each may be a call. */
export function alike(files: readonly File[]): Alike[] {
  const byStem = grouped(files, (file) => folderOf(file) + stem(lower(file)))
  return [...byStem].flatMap(([of, here]) => {
    const isFirst = ({ name }: File) => name === here[0]?.name
    const endings: Alike = [here.filter(isFirst), here.filter((file) => !isFirst(file))]
    const legs = LEGS.map(([one, other]): Alike => {
      const call = new RegExp(`([-_. ])${one}$`).exec(of)
      const sibling =
        call && /[^/]$/.test(of.slice(0, call.index)) && of.slice(0, call.index) + call[1] + other
      return [here, (sibling && byStem.get(sibling)) || []]
    })
    return [endings, ...legs].filter(([, others]) => others.length > 0)
  })
}

/** Of files that are alike, those that are likeliest two legs of one call: they were written at one time. */
export function twinsOf(files: readonly File[]): [File, File][] {
  return alike(files).flatMap(([ones, others]) => {
    const taken = new Set<File>()
    return ones.flatMap((one): [File, File][] => {
      const apart = (file: File) => Math.abs(file.lastModified - one.lastModified)
      const [twin] = others.toSorted(
        (a, b) => apart(a) - apart(b) || Number(taken.has(a)) - Number(taken.has(b)),
      )
      if (!twin) return []
      taken.add(twin)
      return [[one, twin]]
    })
  })
}
