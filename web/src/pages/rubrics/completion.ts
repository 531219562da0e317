/**
 * What may be written at a place of a rubric's YAML, by the schema that the service checks with. In: the text and the
 * place. Out: keys or values with what they mean. Pure; the editor shows it.
 */
import schema from '../../../../schemas/rubric.schema.json'

export interface Offer {
  /** Where what is being typed begins. */
  from: number
  options: { label: string; detail?: string; apply?: string }[]
}

interface Node {
  $ref?: string
  description?: string
  enum?: unknown[]
  const?: unknown
  properties?: Record<string, Node>
  anyOf?: Node[]
  oneOf?: Node[]
  allOf?: Node[]
  items?: Node
}

const root = schema as unknown as Node & { $defs: Record<string, Node> }

/** A node with what it refers to, and all of its alternatives. */
function alternatives(node: Node, seen = new Set<string>()): Node[] {
  const own: Node[] = [node]
  if (node.$ref) {
    const name = node.$ref.split('/').at(-1)!
    if (!seen.has(name) && root.$defs[name])
      own.push(...alternatives(root.$defs[name], new Set([...seen, name])))
  }
  for (const many of [node.anyOf, node.oneOf, node.allOf]) {
    for (const one of many ?? []) own.push(...alternatives(one, seen))
  }
  return own
}

function keysOf(node: Node): Map<string, Node> {
  const keys = new Map<string, Node>()
  for (const one of alternatives(node)) {
    for (const [key, value] of Object.entries(one.properties ?? {})) if (!keys.has(key)) keys.set(key, value)
  }
  return keys
}

function valuesOf(node: Node): string[] {
  const values = alternatives(node).flatMap((one) => one.enum ?? (one.const === undefined ? [] : [one.const]))
  return [...new Set(values.filter((value) => typeof value === 'string'))] as string[]
}

const META = [
  'by',
  'within',
  'match',
  'before',
  'after',
  'around',
  'skip',
  'except',
  'phrase',
  'any',
  'all',
  'not',
]
const TOP = keysOf(root)
const CRITERION = keysOf(root.$defs.criterion!)
const CONDITION = keysOf(root.$defs.condition!)

/** The top-level key that a place stands under, and whether the place is at a criterion's own level. */
function context(before: string): { section: string | null; depth: number } {
  const lines = before.split('\n')
  const here = lines.at(-1)!
  const depth = /^[\s-]*/.exec(here)![0].length
  const tops = lines.slice(0, -1).findLast((line) => /^[a-z_]+:/.test(line))
  return { section: depth === 0 ? null : (tops?.split(':')[0] ?? null), depth }
}

/** Names that the text itself gives: conditions and phrase lists. */
function names(text: string, section: string): string[] {
  const lines = text.split('\n')
  const begin = lines.findIndex((line) => line.startsWith(`${section}:`))
  if (begin < 0) return []
  const found: string[] = []
  for (const line of lines.slice(begin + 1)) {
    if (/^\S/.test(line) && !line.startsWith('#')) break
    const name = /^ {2}([\w-]+):/.exec(line)?.[1]
    if (name) found.push(name)
  }
  return found
}

const bilingual = (node: Node | undefined) => (node?.description ? { detail: node.description } : {})

/** What fits at `position`; null where nothing is known to. */
export function offer(text: string, position: number): Offer | null {
  const before = text.slice(0, position)
  const word = /[\w$-]*$/.exec(before)![0]
  const line = before.split('\n').at(-1)!
  if (line.includes('#')) return null
  const from = position - word.length
  const { section, depth } = context(before)
  const ahead = line.slice(0, line.length - word.length)
  const key = /([a-z_]+):\s+[[{]?\s*$/.exec(ahead)?.[1]
  if (word.startsWith('$')) {
    return { from, options: names(text, 'phrases').map((name) => ({ label: `$${name}` })) }
  }
  if (key && !/[{]\s*$/.test(ahead)) {
    const node = CRITERION.get(key) ?? CONDITION.get(key) ?? TOP.get(key)
    const conditions = ['met', 'violated_by', 'when', 'any', 'all', 'not', 'of'].includes(key)
      ? names(text, 'conditions')
      : []
    const values = [...new Set([...(node ? valuesOf(node) : []), ...conditions])]
    return values.length > 0 ? { from, options: values.map((label) => ({ label })) } : null
  }
  if (!/(^[\s-]*|[{,]\s*)$/.test(ahead)) return null
  const inline = /[{,]\s*$/.test(ahead) && ahead.includes('{')
  const level =
    inline || (section !== 'criteria' && section !== null)
      ? CONDITION
      : section === null
        ? TOP
        : depth <= 4
          ? CRITERION
          : CONDITION
  if (section !== null && !['criteria', 'conditions'].includes(section)) return null
  const options = [...level].map(([label, node]) => ({ label, apply: `${label}: `, ...bilingual(node) }))
  options.sort((a, b) => META.indexOf(b.label) - META.indexOf(a.label))
  return { from, options }
}
