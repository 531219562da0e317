/** Names of clients, vendors, projects, teams, queues and agents: calls hold their ids, people read their names. */
import { useQuery } from '@tanstack/react-query'
import { Select, type SelectProps } from 'antd'
import { useMemo } from 'react'
import { api, data } from '@/api/client'
import { defineMessages, useMessages } from '@/i18n'

export const UNIT_KINDS = ['client', 'vendor', 'project', 'team', 'queue', 'agent'] as const
export type UnitKind = (typeof UNIT_KINDS)[number]

const messages = defineMessages({
  zh: {
    client: '甲方',
    vendor: '供应商',
    project: '项目',
    team: '班组',
    queue: '技能组',
    agent: '坐席',
  },
  en: {
    client: 'Client',
    vendor: 'Vendor',
    project: 'Project',
    team: 'Team',
    queue: 'Queue',
    agent: 'Agent',
  },
})

/** What each kind of unit is called. */
export function useUnitWords() {
  return useMessages(messages)
}

/** At most this many of a kind are offered; more are found by typing an id. */
const OFFERED_MAX = 1000

async function all(kind: UnitKind) {
  const items = []
  let cursor: string | undefined
  do {
    const page = await data(
      api.GET('/api/v1/units/{unit_kind}', {
        params: { path: { unit_kind: kind }, query: { limit: 200, cursor } },
      }),
    )
    items.push(...page.items)
    cursor = page.next ?? undefined
  } while (cursor && items.length < OFFERED_MAX)
  return items
}

export function useUnits(kind: UnitKind) {
  return useQuery({ queryKey: ['units', kind], queryFn: () => all(kind), staleTime: 300_000 })
}

/** The name of a unit; its id until that is known. */
export function UnitName({ kind, id }: { kind: UnitKind; id: string | null | undefined }) {
  const units = useUnits(kind)
  const names = useMemo(() => new Map(units.data?.map((unit) => [unit.id, unit.name])), [units.data])
  if (!id) return <span aria-hidden>—</span>
  return <span title={id}>{names.get(id) ?? id}</span>
}

/** Chooses a unit. */
export function UnitSelect({ kind, ...rest }: { kind: UnitKind } & Omit<SelectProps<string>, 'options'>) {
  const words = useUnitWords()
  const units = useUnits(kind)
  const options = units.data?.map((unit) => ({ value: unit.id, label: unit.name }))
  return (
    <Select
      allowClear
      showSearch={{ optionFilterProp: 'label' }}
      placeholder={words[kind]}
      aria-label={words[kind]}
      loading={units.isPending}
      popupMatchSelectWidth={false}
      style={{ minWidth: 120 }}
      options={options}
      {...rest}
    />
  )
}
