/** What the service remarks on a text: told once with all its lines, and mended where it knows what was meant. */
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

/** The text with what was meant in the place of what was written. Columns and lengths count characters. */
export function mended(text: string, { line, column, length, suggestion }: Diagnostic): string {
  const lines = text.split('\n')
  const written = Array.from(lines[line - 1] ?? '')
  written.splice(column - 1, length, suggestion ?? '')
  return lines.with(line - 1, written.join('')).join('\n')
}
