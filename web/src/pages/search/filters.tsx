/** What the calls can be narrowed by: dates, and facts with how many calls have each value. */
import { Button, Checkbox, Skeleton } from 'antd'
import { useState } from 'react'
import type { Schemas } from '@/api/client'
import { DayRange } from '@/components/day-range'
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
  return (
    <fieldset className="filter">
      <legend>{t.dates}</legend>
      <DayRange
        label={t.dates}
        value={{ from: search.from, to: search.to }}
        onChange={(days) => onChange({ ...search, from: days.from, to: days.to })}
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
