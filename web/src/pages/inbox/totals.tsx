/** How many calls answer the filters, and how much of them is to be reviewed. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { api, data } from '@/api/client'
import { useCan } from '@/app/session'
import { useLocale, useMessages } from '@/i18n'
import { messages } from './messages'

interface Props {
  query: Record<string, string | boolean>
  loaded: number
  more: boolean
}

export function Totals({ query, loaded, more }: Props) {
  const t = useMessages(messages)
  const can = useCan()
  const { format } = useLocale()
  const figures = useQuery({
    queryKey: ['stats', 'overview', query],
    enabled: can('stats.read'),
    placeholderData: keepPreviousData,
    queryFn: () => data(api.GET('/api/v1/stats/overview', { params: { query } })),
  })
  if (figures.data) {
    const { all, review } = figures.data
    const open = review.open_violations + review.open_undetermined
    return t.totalOpen(format.number(all), format.number(open))
  }
  // Who may not see figures still sees whether there is more than what is here.
  return more ? t.loaded(format.number(loaded)) : t.total(format.number(loaded))
}
