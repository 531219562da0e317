/**
 * What of the query language (docs/SEARCH.md) the page itself must know: where words, phrases and prefixes begin and
 * end. The service alone decides what is right; here a query is cut as it cuts it, to help with writing one.
 */

export interface Token {
  kind: 'word' | 'phrase' | 'prefix' | 'open' | 'close' | 'minus' | 'tilde'
  /** UTF-16 places in the text. */
  from: number
  to: number
  text: string
}

const OPEN = '(（'
const CLOSE = ')）'
const QUOTE = '"“”＂'
const ENDS = new RegExp(`[\\s${OPEN}${CLOSE}${QUOTE}]`, 'u')
/** A prefix is letters up to a colon: `10:30` is none. */
const PREFIX = /^\p{Alphabetic}+[:：]/u

/** The query's parts. A phrase that is not closed goes to the end. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  const take = (kind: Token['kind'], to: number) => {
    tokens.push({ kind, from: at, to, text: text.slice(at, to) })
    at = to
  }
  while (at < text.length) {
    const c = text[at]!
    if (/\s/u.test(c)) at += 1
    else if (OPEN.includes(c)) take('open', at + 1)
    else if (CLOSE.includes(c)) take('close', at + 1)
    else if ('-－'.includes(c)) take('minus', at + 1)
    else if ('~～'.includes(c)) take('tilde', at + 1)
    else if (QUOTE.includes(c)) {
      const length = [...text.slice(at + 1)].findIndex((c) => QUOTE.includes(c))
      const rest = [...text.slice(at + 1)]
      const inside = length < 0 ? rest.join('') : rest.slice(0, length).join('')
      take('phrase', Math.min(text.length, at + inside.length + 2))
    } else {
      const rest = text.slice(at)
      const end = rest.search(ENDS)
      const word = end < 0 ? rest : rest.slice(0, end)
      const prefix = PREFIX.exec(word)
      if (prefix) take('prefix', at + prefix[0].length)
      else take('word', at + word.length)
    }
  }
  return tokens
}

const KEYWORDS = new Set(['AND', 'OR', 'NOT', 'IN', 'NEAR', 'BEFORE', 'AFTER', '|', '&'])
const TIME = /^\d+(ms|毫秒|s|秒|m|min|分|分钟)$/

/** Whether it joins what stands beside it, and is not said itself. */
export const isKeyword = (token: Token) =>
  token.kind === 'word' && (KEYWORDS.has(token.text) || token.text.startsWith('NEAR/'))

const nameOf = (token: Token) => token.text.slice(0, -1).toLowerCase()
const WINDOWS = new Set(['first', '开头', 'last', '结尾'])
const WAYS = new Set(['sounds', '音近', 'word', '词', 'exact', '原文'])

/** A query made of another, and where each of its characters stood there. */
export interface Widened {
  query: string
  /** A place in characters of the made query, as a place in characters of the typed one. */
  placeOf: (chars: number) => number
}

/** Lets every word and phrase be found by its sound, but those that say themselves how they are compared. */
export function soundsLike(text: string): Widened {
  const tokens = tokensOf(text)
  const before: number[] = []
  tokens.forEach((token, ix) => {
    if (token.kind !== 'word' && token.kind !== 'phrase') return
    const previous = tokens[ix - 1]
    if (isKeyword(token) || previous?.kind === 'tilde') return
    if (previous?.kind === 'prefix' && (WINDOWS.has(nameOf(previous)) || WAYS.has(nameOf(previous)))) return
    const next = tokens[ix + 1]
    if (token.text === 'within' && next && TIME.test(next.text)) return
    if (previous?.text === 'within' && TIME.test(token.text)) return
    before.push(token.from)
  })
  let query = ''
  let from = 0
  for (const place of before) {
    query += `${text.slice(from, place)}~`
    from = place
  }
  query += text.slice(from)
  const places = before.map((place) => charsTo(text, place))
  return {
    query,
    // The n-th tilde stands n characters further on than its word was typed.
    placeOf: (chars) => chars - places.filter((place, n) => place + n < chars).length,
  }
}

const charsTo = (text: string, place: number) => [...text.slice(0, place)].length

/** A place in characters as a place in UTF-16. */
export const placeIn = (text: string, chars: number) => [...text].slice(0, chars).join('').length

/** What is wrong with a query, as the service says it. */
export interface Fault {
  /** Characters before it. */
  at: number
  what: string
  /** What may have been meant. */
  instead: string | undefined
}

const SAID = [
  /^character (\d+): (.+?)(?:; was (.+) meant\?)?$/su,
  /^第 (\d+) 个字：(.+?)(?:；是否想写 (.+)？)?$/su,
]

/** Reads the service's words in either language; undefined when they are of something else than the query. */
export function faultOf(detail: string | undefined): Fault | undefined {
  for (const said of SAID) {
    const parts = said.exec(detail ?? '')
    if (parts) return { at: Number(parts[1]) - 1, what: parts[2]!, instead: parts[3] }
  }
  return undefined
}

/** The faulty part, in UTF-16 places; at the end it is empty. */
export function faultyPart(text: string, fault: Fault): { from: number; to: number } {
  const from = placeIn(text, fault.at)
  const token = tokensOf(text).find((token) => token.from <= from && from < token.to)
  return { from, to: token?.to ?? from }
}

/** The query with what was meant; undefined where that cannot simply be put in. */
export function mended(text: string, fault: Fault): string | undefined {
  const { instead } = fault
  const from = placeIn(text, fault.at)
  const tokens = tokensOf(text)
  const ix = tokens.findIndex((token) => token.from === from)
  const token = tokens[ix]
  if (!token || !instead) return undefined
  const replaced = (to: number, by: string) => text.slice(0, token.from) + by + text.slice(to)
  if (token.kind === 'prefix' && instead.endsWith(':')) return replaced(token.to, instead)
  if (token.kind === 'prefix') {
    const next = tokens[ix + 1]
    const to = next?.kind === 'word' && next.from === token.to ? next.to : token.to
    return replaced(to, `"${text.slice(token.from, to)}"`)
  }
  if (token.kind !== 'word') return undefined
  if (instead === `"${token.text}"` || (token.text.startsWith('NEAR') && instead.startsWith('NEAR/'))) {
    return replaced(token.to, instead)
  }
  return undefined
}
