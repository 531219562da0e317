/** Which calls a rule or a hold is about: columns and the values they have. As rows to write, and as the service has it. */
export const COLUMNS = [
  'client',
  'vendor',
  'project',
  'team',
  'queue',
  'agent',
  'direction',
  'language',
  'verdict',
  'review_state',
  'assigned_to',
  'kind',
] as const
export type Column = (typeof COLUMNS)[number]

export interface Condition {
  column: Column
  value: string
}

/** Of columns with few values, these. */
export const VALUES: Partial<Record<Column, readonly string[]>> = {
  direction: ['inbound', 'outbound'],
  verdict: ['pass', 'fail', 'critical', 'undetermined'],
  review_state: ['open', 'in_review', 'settled'],
  kind: ['call', 'chat'],
}

export const isColumn = (word: string): word is Column => COLUMNS.includes(word as Column)

/** The service's description says `object`; its values are texts. */
export function rowsOf(of: object | undefined): Condition[] {
  return Object.entries(of ?? {})
    .filter(([column]) => isColumn(column))
    .map(([column, value]) => ({ column: column as Column, value: String(value) }))
}

/** Rows without a value say nothing; of two on one column the later counts. */
export function ofRows(rows: readonly Condition[]): Record<string, never> {
  const written = rows.map(({ column, value }) => [column, value.trim()]).filter(([, value]) => value)
  return Object.fromEntries(written) as Record<string, never>
}

/** What another row may still be about. */
export function freeColumns(rows: readonly Condition[]): Column[] {
  return COLUMNS.filter((column) => !rows.some((row) => row.column === column))
}
