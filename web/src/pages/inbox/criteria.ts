/** What criteria are called, for those who may see figures. */
import { useQuery } from '@tanstack/react-query'
import { api, data } from '@/api/client'
import { useCan } from '@/app/session'
import { toldApart, useTitles } from '@/components/titles'

export interface Criterion {
  rubric: string
  criterion: string
  title: string
}

const NONE: Criterion[] = []

export function useCriteria(wanted = true): Criterion[] {
  const can = useCan()
  const answer = useQuery({
    queryKey: ['stats', 'compliance', 'criteria'],
    enabled: wanted && can('stats.read'),
    staleTime: 300_000,
    queryFn: async () => {
      const params = { query: { by: 'criterion' } }
      const { groups } = await data(api.GET('/api/v1/stats/compliance', { params }))
      return groups.flatMap(({ rubric, key, name }) =>
        rubric && key ? [{ rubric, criterion: key, title: name ?? key }] : [],
      )
    },
  })
  const criteria = answer.data ?? NONE
  const titleOf = useTitles(criteria)
  return toldApart(criteria.map((one) => ({ ...one, title: titleOf(one.rubric, one.criterion, one.title) })))
}
