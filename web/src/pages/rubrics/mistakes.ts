/** Mistakes that say the same are told once, with all their lines. */
import type { Schemas } from '@/api/client'

type Diagnostic = Schemas['RubricDiagnostic']

export interface Mistake {
  level: string
  message: Diagnostic['message']
  lines: number[]
}

export function gathered(diagnostics: readonly Diagnostic[]): Mistake[] {
  const byMessage = new Map<string, Mistake>()
  for (const { level, message, line } of diagnostics) {
    const key = `${level}:${message.en}`
    const known = byMessage.get(key) ?? { level, message, lines: [] }
    byMessage.set(key, { ...known, lines: [...new Set([...known.lines, line])].sort((a, b) => a - b) })
  }
  return [...byMessage.values()]
}

/** `3–5, 9`. */
export function ranges(lines: readonly number[]): string {
  const all: [number, number][] = []
  for (const line of lines) {
    const last = all.at(-1)
    if (last && line === last[1] + 1) last[1] = line
    else all.push([line, line])
  }
  return all.map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`)).join(', ')
}
