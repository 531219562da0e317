/** Sums of the ledger, and whether they agree: every file is in exactly one state. */
import type { Schemas } from '@/api/client'
import { FILE_STATES, type FileState } from './states'

export interface Row {
  source: string
  files: Record<FileState, number>
  all: number
  bytes: number
}

export interface Sums {
  rows: Row[]
  sum: Row
  /** Whether states add up to sources, and sources to all. */
  agrees: boolean
}

const SUM = '*'

const filesOf = (count: (state: FileState) => number) =>
  Object.fromEntries(FILE_STATES.map((state) => [state, count(state)])) as Row['files']

export function sumsOf(totals: Schemas['LedgerTotals']): Sums {
  const rows = totals.sources.map(({ source, files, all, bytes }) => ({
    source,
    all,
    bytes,
    files: filesOf((state) => files[state] ?? 0),
  }))
  const files = filesOf((state) => rows.reduce((sum, row) => sum + row.files[state], 0))
  const over = (row: Row) => FILE_STATES.reduce((sum, state) => sum + row.files[state], 0)
  const bytes = rows.reduce((sum, row) => sum + row.bytes, 0)
  const sum = { source: SUM, files, all: totals.all, bytes }
  return { rows, sum, agrees: over(sum) === totals.all && rows.every((row) => over(row) === row.all) }
}
