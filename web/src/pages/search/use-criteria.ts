/** What criteria are called: the search knows them as `rubric/criterion`. */
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { api, data } from '@/api/client'
import { useCan } from '@/app/session'
import { useTitles } from '@/components/titles'

const NONE: Criterion[] = []

interface Criterion {
  rubric: string
  criterion: string
  title: string
}

export function useCriteria(wanted: boolean): ReadonlyMap<string, string> {
  const can = useCan()
  const known = useQuery({
    queryKey: ['stats', 'criteria'],
    queryFn: async () => {
      const query = { by: 'criterion' }
      const { groups } = await data(api.GET('/api/v1/stats/compliance', { params: { query } }))
      return groups.flatMap(({ rubric, key, name }) =>
        rubric && key ? [{ rubric, criterion: key, title: name ?? key }] : [],
      )
    },
    enabled: wanted && can('stats.read'),
    staleTime: 300_000,
  })
  const criteria = known.data ?? NONE
  const titleOf = useTitles(criteria)
  return useMemo(
    () =>
      new Map(
        criteria.map(({ rubric, criterion, title }) => [
          `${rubric}/${criterion}`,
          titleOf(rubric, criterion, title),
        ]),
      ),
    [criteria, titleOf],
  )
}
