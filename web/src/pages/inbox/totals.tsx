/** How many calls the list has. */
import { useLocale, useMessages } from '@/i18n'
import type { Row } from './calls'
import { messages } from './messages'

export function Totals({ rows }: { query: Record<string, string | boolean>; rows: Row[] }) {
  const t = useMessages(messages)
  const { format } = useLocale()
  return t.loaded(format.number(rows.length))
}
