/** What to offer while a query is being typed: prefixes, words that join, units to filter by, kept searches. */
import type { UnitKind } from '@/components/units'
import { isKeyword, tokensOf } from './query'

/** Prefixes by what they do; the service knows both spellings. */
export const PREFIXES = [
  { does: 'byAgent', zh: '坐席:', en: 'agent:' },
  { does: 'byCustomer', zh: '客户:', en: 'customer:' },
  { does: 'first', zh: '开头:30秒()', en: 'first:30s()' },
  { does: 'last', zh: '结尾:1分钟()', en: 'last:1m()' },
  { does: 'sounds', zh: '音近:', en: 'sounds:' },
  { does: 'word', zh: '词:', en: 'word:' },
  { does: 'exact', zh: '原文:', en: 'exact:' },
] as const

export const OPERATORS = [
  { does: 'or', text: 'OR ' },
  { does: 'not', text: 'NOT ' },
  { does: 'near', text: 'NEAR/5 ' },
  { does: 'before', text: 'BEFORE ' },
  { does: 'after', text: 'AFTER ' },
  { does: 'notIn', text: 'NOT IN ' },
] as const

export type Does = (typeof PREFIXES)[number]['does'] | (typeof OPERATORS)[number]['does']

export interface KnownUnit {
  kind: UnitKind
  id: string
  name: string
}
export interface Kept {
  id: string
  name: string
}

export type Suggestion =
  | { kind: 'insert'; key: string; label: string; does: Does; text: string; caret: number }
  | { kind: 'unit'; key: string; unit: KnownUnit; text: string; caret: number }
  | { kind: 'kept'; key: string; kept: Kept }

const UNITS_MAX = 6
const KEPT_MAX = 4

/** Where the word at the caret begins, and it; undefined inside a phrase. */
export function wordAt(text: string, caret: number): { from: number; word: string } | undefined {
  const token = tokensOf(text.slice(0, caret)).at(-1)
  if (!token || token.to < caret) return { from: caret, word: '' }
  if (token.kind === 'word') return { from: token.from, word: token.text }
  const closed = token.kind === 'phrase' && /^["“”＂].*["“”＂]$/su.test(token.text)
  return token.kind === 'phrase' && !closed ? undefined : { from: caret, word: '' }
}

/** Whether something is said before the place, so that a joining word may follow. */
function followsTerm(text: string, from: number): boolean {
  const before = tokensOf(text.slice(0, from)).at(-1)
  if (!before || isKeyword(before)) return false
  return before.kind === 'word' || before.kind === 'phrase' || before.kind === 'close'
}

export interface Known {
  chinese: boolean
  units: KnownUnit[]
  kept: Kept[]
}

export function suggestionsFor(text: string, caret: number, known: Known): Suggestion[] {
  const here = wordAt(text, caret)
  if (!here) return []
  const { from, word } = here
  const typed = word.toLowerCase()
  const rest = text.slice(caret)
  const put = (insert: string) => {
    // Inside brackets that come along, else behind what comes.
    const inside = insert.endsWith('()') ? 1 : 0
    return { text: text.slice(0, from) + insert + rest, caret: from + insert.length - inside }
  }
  const prefixes = PREFIXES.filter(({ zh, en }) => zh.startsWith(typed) || en.startsWith(typed)).map(
    ({ does, zh, en }): Suggestion => {
      const label = known.chinese ? zh : en
      return { kind: 'insert', key: does, label, does, ...put(label) }
    },
  )
  const operators = OPERATORS.filter((one) => one.text.startsWith(word)).map(
    ({ does, text: label }): Suggestion => ({ kind: 'insert', key: does, label, does, ...put(label) }),
  )
  const kept = known.kept
    .filter(({ name }) => name.toLowerCase().includes(typed))
    .slice(0, KEPT_MAX)
    .map((kept): Suggestion => ({ kind: 'kept', key: kept.id, kept }))
  if (word === '') {
    if (text.trim() === '') return [...kept, ...prefixes]
    const joins = followsTerm(text, from) && /\s$/u.test(text.slice(0, from))
    return joins ? operators : []
  }
  const units = known.units
    .filter(({ id, name }) => name.toLowerCase().includes(typed) || id.toLowerCase() === typed)
    .slice(0, UNITS_MAX)
    .map(
      (unit): Suggestion => ({
        kind: 'unit',
        key: `${unit.kind}:${unit.id}`,
        unit,
        // It becomes a filter beside the query.
        text: (text.slice(0, from) + rest).replace(/\s+/gu, ' ').trim(),
        caret: from,
      }),
    )
  return [...prefixes, ...(followsTerm(text, from) ? operators : []), ...units, ...kept]
}
