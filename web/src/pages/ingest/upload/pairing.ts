/**
 * What the files that somebody chose are: calls of one recording or chat log, calls of two, and what only says something
 * about one. In: files, what their sidecars name, and what the person decided. Out: what is to be sent, each with its
 * sidecar; what is not sent, and why; and what may belong together. Nothing is joined by names that fit more than once.
 */
import { alike, folderOf, grouped, lower, sideOf, sidesOf, stem, twinsOf } from './names'

/** A call to be: its file, or its two in leg order. */
export interface Call {
  files: [File, ...File[]]
  sidecar?: File
  /** Two files that the person may take apart: no sidecar names them as one call. */
  parts?: true
}

/**
 * `alone`: a sidecar without its recording. `unclear`: a sidecar that may be of several. `outdone`: one beside another that
 * counts more. `hidden`: the system's own. `empty`: no bytes. `large`: over 2 GiB. `together`: two files of one call that
 * are so only in sum. `unreadable`: the browser cannot read it.
 */
export type Refused =
  | 'alone'
  | 'unclear'
  | 'outdone'
  | 'hidden'
  | 'empty'
  | 'large'
  | 'together'
  | 'unreadable'

export interface Sorted {
  calls: Call[]
  refused: { file: File; why: Refused }[]
  /** Recordings that look like two legs of one call, and will be calls of their own unless the person joins them. */
  twins: [File, File][]
}

/** Whether two files are one call, as the person said. */
export interface Decision {
  files: readonly File[]
  one: boolean
}

export interface Known {
  /** The files that a sidecar names as its call's, in leg order. */
  named?: ReadonlyMap<File, readonly string[]>
  unreadable?: ReadonlySet<File>
  /** What the person took out again; it still tells which names fit more than once. */
  removed?: ReadonlySet<File>
  decided?: readonly Decision[]
}

/** What the service takes at most for a call, as its description says. */
export const BYTES_MAX = 2 * 1024 ** 3

export const sizeOf = (files: readonly File[]) => files.reduce((sum, { size }) => sum + size, 0)

const SIDECAR = '.call.json'
export const isSidecar = (file: File) => lower(file).endsWith(SIDECAR)
const isJson = (file: File) => lower(file).endsWith('.json')
/** The stem of what it tells about. */
const aboutOf = (file: File) =>
  folderOf(file) + (isSidecar(file) ? lower(file).slice(0, -SIDECAR.length) : stem(lower(file)))
const commonOf = (file: File) => {
  const of = sideOf(file.name)?.of
  return of === undefined ? [] : [folderOf(file) + of]
}
/** The stems that a sidecar of it may have. */
const stemsOf = (file: File) => [...commonOf(file), aboutOf(file)]

function reason(file: File, unreadable: ReadonlySet<File>): Refused | undefined {
  if (file.name.startsWith('.') || file.name === 'Thumbs.db' || file.name === 'desktop.ini') return 'hidden'
  if (unreadable.has(file)) return 'unreadable'
  if (file.size === 0) return 'empty'
  return file.size > BYTES_MAX ? 'large' : undefined
}

/** Which of the usable files tell something about others: `a.json` about `a.wav`, unless it is alone. */
function sidecarsOf(files: readonly File[], usable: readonly File[]) {
  const stems = new Set(files.filter((file) => !isJson(file)).flatMap(stemsOf))
  const spare = usable.filter((file) => isJson(file) && !isSidecar(file) && stems.has(aboutOf(file)))
  const sidecars = [...usable.filter(isSidecar), ...spare]
  const others = new Set(sidecars)
  return { sidecars, content: usable.filter((file) => !others.has(file)) }
}

/** Names that are there more than once in what was chosen, whatever became of each: they are of several calls. */
function recurringOf(files: readonly File[]) {
  const byName = grouped(files, (file) => folderOf(file) + lower(file))
  const recurring = new Set([...byName.values()].filter(({ length }) => length > 1).flat())
  return { recurring, doubtful: new Set([...recurring].flatMap(stemsOf)) }
}

/** Takes files that are free and makes them calls. */
function joining(content: readonly File[], named: Required<Known>['named']) {
  const calls = new Map<File, Call>()
  const free = new Set(content)
  const join = (files: [File, ...File[]], sidecar?: File) => {
    if (!files.every((file) => free.has(file))) return
    const isNamed = sidecar && (named.get(sidecar)?.length ?? 0) > 1
    const call: Call = {
      files,
      ...(sidecar ? { sidecar } : {}),
      ...(files.length > 1 && !isNamed ? { parts: true } : {}),
    }
    for (const file of files) {
      free.delete(file)
      calls.set(file, call)
    }
  }
  return { calls, join }
}

/** `a.call.json` belongs to `a.wav`, and to `a-in.wav` with `a-out.wav`; or to whatever files it names. */
export function pairUp(files: readonly File[], known: Known = {}): Sorted {
  const { named = new Map(), unreadable = new Set(), removed = new Set(), decided = [] } = known
  const refused: Sorted['refused'] = []
  const here = files.filter((file) => !removed.has(file))
  const usable = here.filter((file) => {
    const why = reason(file, unreadable)
    if (why) refused.push({ file, why })
    return !why
  })
  const { sidecars, content } = sidecarsOf(files, usable)
  const { recurring, doubtful } = recurringOf(files)
  // Of one stem the last entry counts: `.call.json` before others.
  const sidecarBy = new Map(sidecars.toReversed().map((file) => [aboutOf(file), file]))
  const beside = (all: readonly File[]) => {
    const stems = [...(all.length > 1 ? all.flatMap(commonOf) : []), ...all.map(aboutOf)]
    return stems.map((of) => (doubtful.has(of) ? undefined : sidecarBy.get(of))).find(Boolean)
  }
  const { calls, join } = joining(content, named)

  const byName = new Map(content.map((file) => [folderOf(file) + file.name, file]))
  const unclear = new Set<File>()
  for (const sidecar of sidecars) {
    const names: readonly string[] = named.get(sidecar) ?? []
    const [first, second, ...more] = names.map((name) => byName.get(folderOf(sidecar) + name))
    if ([sidecar, first, second].some((file) => file && recurring.has(file))) unclear.add(sidecar)
    else if (!first || more.length > 0 || first === second) continue
    else if (names.length === 1) join([first], sidecar)
    else if (second) join([first, second], sidecar)
  }
  const said = (pair: readonly File[], one: boolean) =>
    decided.some((decision) => decision.one === one && pair.every((file) => decision.files.includes(file)))
  for (const legs of sidesOf(files)) {
    if (!legs.flatMap(stemsOf).some((of) => doubtful.has(of)) && !said(legs, false)) join(legs, beside(legs))
  }
  for (const [ones, others] of alike(content)) {
    for (const one of ones) {
      const other = others.find((other) => said([one, other], true))
      if (other) join([one, other], beside([one, other]))
    }
  }
  for (const file of content) join([file], beside([file]))

  // In the order they were chosen.
  const all = [...new Set(content.flatMap((file) => calls.get(file) ?? []))]
  const used = new Set(all.map(({ sidecar }) => sidecar))
  for (const file of sidecars) {
    const of = aboutOf(file)
    if (used.has(file)) continue
    if (unclear.has(file) || doubtful.has(of)) refused.push({ file, why: 'unclear' })
    else refused.push({ file, why: sidecarBy.get(of) === file ? 'alone' : 'outdone' })
  }
  const sent = all.filter(({ files }) => {
    const fits = sizeOf(files) <= BYTES_MAX
    if (!fits) refused.push(...files.map((file) => ({ file, why: 'together' as const })))
    return fits
  })
  const single = sent.filter(({ files }) => files.length === 1)
  return { calls: sent, refused, twins: twinsOf(single.map(({ files: [file] }) => file)) }
}
