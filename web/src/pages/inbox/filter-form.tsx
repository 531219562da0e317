/** Every filter there is, in one place that `/` opens; each takes effect at once. */
import { type GetRef, Select } from 'antd'
import { type ReactNode, useEffect, useRef } from 'react'
import { DayRange } from '@/components/day-range'
import { UNIT_KINDS, UnitSelect } from '@/components/units'
import { useWords } from '@/components/verdict'
import { useMessages } from '@/i18n'
import { filterMessages, useFilterName } from './chips'
import { type Criterion, useCriteria } from './criteria'
import type { Filter, Search } from './filters'
import { messages } from './messages'

const VERDICTS = ['critical', 'fail', 'undetermined', 'pass', 'not_applicable']
const STATES = ['open', 'in_review', 'settled']

interface Props {
  search: Search
  change: (search: Search) => void
  close: () => void
}

export function FilterForm({ search, change, close }: Props) {
  const t = useMessages(messages)
  const f = useMessages(filterMessages)
  const words = useWords()
  const nameOf = useFilterName()
  const criteria = useCriteria()
  const first = useRef<GetRef<typeof Select>>(null)
  useEffect(() => first.current?.focus(), [])
  const set = (name: Filter) => (value: string | null | undefined) =>
    change({ ...search, [name]: value ?? undefined })
  const pick = (name: Filter, options: { value: string; label: ReactNode }[], ref?: typeof first) => (
    <Field name={nameOf(name)}>
      <Select
        ref={ref}
        allowClear
        showSearch={{ optionFilterProp: 'value' }}
        aria-label={nameOf(name)}
        placeholder={t.anyone}
        value={search[name]}
        onChange={set(name)}
        options={options}
        popupMatchSelectWidth={false}
      />
    </Field>
  )
  const named = (values: string[]) => values.map((value) => ({ value, label: words(value) }))
  return (
    <form
      className="inbox-form"
      aria-label={t.filter}
      onSubmit={(event) => event.preventDefault()}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && !event.defaultPrevented) close()
      }}
    >
      {pick('verdict', named(VERDICTS), first)}
      {criteria.length > 0 && <FailedCriterion search={search} change={change} criteria={criteria} />}
      {pick('review_state', named(STATES))}
      {UNIT_KINDS.map((kind) => (
        <Field key={kind} name={nameOf(kind)}>
          <UnitSelect kind={kind} placeholder={t.anyone} value={search[kind]} onChange={set(kind)} />
        </Field>
      ))}
      {pick('direction', [
        { value: 'inbound', label: t.inbound },
        { value: 'outbound', label: t.outbound },
      ])}
      {pick('kind', [
        { value: 'call', label: t.call },
        { value: 'chat', label: t.chat },
      ])}
      {pick('language', [
        { value: 'zh', label: t.zhLanguage },
        { value: 'en', label: t.enLanguage },
      ])}
      <Field name={f.range} wide>
        <DayRange
          label={f.range}
          presets={false}
          value={search.when ? {} : { from: search.from, to: search.to }}
          onChange={({ from, to }) => change({ ...search, when: undefined, from, to })}
        />
      </Field>
    </form>
  )
}

function FailedCriterion({ search, change, criteria }: Omit<Props, 'close'> & { criteria: Criterion[] }) {
  const t = useMessages(messages)
  const f = useMessages(filterMessages)
  const at = criteria.findIndex(
    ({ rubric, criterion }) => rubric === search.rubric && criterion === search.criterion,
  )
  return (
    <Field name={f.failed}>
      <Select
        allowClear
        showSearch={{ optionFilterProp: 'label' }}
        aria-label={f.failed}
        placeholder={t.anyone}
        value={at < 0 ? undefined : at}
        onChange={(ix: number | undefined) => {
          const one = ix === undefined ? undefined : criteria[ix]
          const { rubric, criterion } = one ?? {}
          change({ ...search, rubric, criterion, finding: one && 'not_met' })
        }}
        options={criteria.map(({ title }, value) => ({ value, label: title }))}
        popupMatchSelectWidth={false}
      />
    </Field>
  )
}

function Field({ name, wide, children }: { name: ReactNode; wide?: boolean; children: ReactNode }) {
  return (
    <div className="inbox-field" data-wide={wide}>
      <span aria-hidden>{name}</span>
      {children}
    </div>
  )
}
