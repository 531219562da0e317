/** What the calls can be narrowed by: dates, and facts with how many calls have each value. */
import { Button, Checkbox, DatePicker, Skeleton } from 'antd'
import dayjs from 'dayjs'
import { useState } from 'react'
import type { Schemas } from '@/api/client'
import { useLocale, useMessages } from '@/i18n'
import { FACTS, type Fact, type Search, toggled } from './address'
import { messages } from './messages'
import { useFactWord, useValueWord } from './words'

interface Props {
  search: Search
  onChange: (search: Search) => void
  facets: Schemas['Facet'][] | undefined
  /** Whether they will still come. */
  waiting: boolean
}

/** Values of a fact that are shown before all are asked for. */
const FEW = 6

export function Filters({ search, onChange, facets, waiting }: Props) {
  return (
    <div className="filters">
      <Dates search={search} onChange={onChange} />
      {waiting && <Skeleton active paragraph={{ rows: 8 }} title={false} />}
      {facets &&
        FACTS.map((fact) => (
          <FactFilter
            key={fact}
            fact={fact}
            facet={facets.find((facet) => facet.fact === fact)}
            chosen={search.facts[fact] ?? []}
            onToggle={(value) => onChange(toggled(search, fact, value))}
          />
        ))}
    </div>
  )
}

function Dates({ search, onChange }: Pick<Props, 'search' | 'onChange'>) {
  const t = useMessages(messages)
  const today = dayjs()
  return (
    <fieldset className="filter">
      <legend>{t.dates}</legend>
      <DatePicker.RangePicker
        aria-label={t.dates}
        allowEmpty={[true, true]}
        value={[search.from ? dayjs(search.from) : null, search.to ? dayjs(search.to) : null]}
        onChange={(days) =>
          onChange({
            ...search,
            from: days?.[0]?.format('YYYY-MM-DD'),
            to: days?.[1]?.format('YYYY-MM-DD'),
          })
        }
        presets={[
          { label: t.today, value: [today, today] },
          { label: t.week, value: [today.subtract(6, 'day'), today] },
          { label: t.month, value: [today.subtract(29, 'day'), today] },
        ]}
      />
    </fieldset>
  )
}

interface FactProps {
  fact: Fact
  facet: Schemas['Facet'] | undefined
  chosen: string[]
  onToggle: (value: string) => void
}

function FactFilter({ fact, facet, chosen, onToggle }: FactProps) {
  const t = useMessages(messages)
  const { format } = useLocale()
  const name = useFactWord()
  const word = useValueWord(fact)
  const [all, setAll] = useState(false)
  const counted = facet?.values ?? []
  // What is chosen stays to be taken back, also when no call has it any more.
  const gone = chosen.filter((value) => !counted.some((one) => one.value === value))
  const values = [...counted, ...gone.map((value) => ({ value, calls: 0 }))]
  // A fact that is the same for all calls narrows nothing.
  if (values.length < 2 && chosen.length === 0) return null
  const shown = all ? values : values.filter(({ value }, ix) => ix < FEW || chosen.includes(value))
  return (
    <fieldset className="filter" data-fact={fact}>
      <legend>{name(fact)}</legend>
      <div className="filter-values">
        {shown.map(({ value, calls }) => (
          <Checkbox key={value} checked={chosen.includes(value)} onChange={() => onToggle(value)}>
            <span className="filter-value" title={word(value)}>
              {word(value)}
            </span>
            <span className="filter-count">{format.number(calls)}</span>
          </Checkbox>
        ))}
      </div>
      {values.length > FEW && (
        <Button type="link" size="small" onClick={() => setAll(!all)}>
          {all ? t.showFew : t.showAll(values.length)}
        </Button>
      )}
      {all && facet && facet.more > 0 && <small>{t.moreValues(facet.more)}</small>}
    </fieldset>
  )
}
