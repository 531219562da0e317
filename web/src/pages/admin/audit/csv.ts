/** Rows of the log as CSV that spreadsheets open, and that cannot make them compute. */
import type { Schemas } from '@/api/client'

export type Row = Schemas['AuditBody']

const COLUMNS = ['seq', 'at', 'actor', 'action', 'object', 'detail', 'prev', 'hash'] as const

/** What begins like a formula is quoted by an apostrophe (OWASP's advice against CSV injection). */
function cell(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** With the mark that makes Excel read UTF-8. */
export function csvOf(rows: readonly Row[]): string {
  const lines = rows.map((row) => COLUMNS.map((column) => cell(row[column] ?? '')).join(','))
  return `\uFEFF${[COLUMNS.join(','), ...lines].join('\r\n')}\r\n`
}
