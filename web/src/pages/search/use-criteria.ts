/** What criteria are called: the search knows them as `rubric/criterion`. */
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { api, data } from '@/api/client'
import { useCan } from '@/app/session'
import { toldApart, useTitles } from '@/components/titles'

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
  return useMemo(() => {
    const named = criteria.map((one) => ({ ...one, title: titleOf(one.rubric, one.criterion, one.title) }))
    return new Map(toldApart(named).map(({ rubric, criterion, title }) => [`${rubric}/${criterion}`, title]))
  }, [criteria, titleOf])
}
