/** What criteria are called: the search knows them as `rubric/criterion`. */
import { useQuery } from '@tanstack/react-query'
import { api, data } from '@/api/client'
import { useCan } from '@/app/session'

const NONE: ReadonlyMap<string, string> = new Map()

export function useCriteria(wanted: boolean): ReadonlyMap<string, string> {
  const can = useCan()
  const titles = useQuery({
    queryKey: ['stats', 'criteria'],
    queryFn: async () => {
      const query = { by: 'criterion' }
      const { groups } = await data(api.GET('/api/v1/stats/compliance', { params: { query } }))
      return new Map(groups.map(({ rubric, key, name }) => [`${rubric}/${key}`, name ?? key ?? '']))
    },
    enabled: wanted && can('stats.read'),
    staleTime: 300_000,
  })
  return titles.data ?? NONE
}
