/** Filters that are set, each with what takes it away again. */
import { Button, Flex, Tag } from 'antd'
import { useMe } from '@/app/session'
import { UNIT_KINDS, type UnitKind, UnitName, useUnitWords } from '@/components/units'
import { useWords } from '@/components/verdict'
import { defineMessages, useLocale, useMessages } from '@/i18n'
import { useCriteria } from './criteria'
import { chipsOf, cleared, type Filter, type Search } from './filters'
import { messages } from './messages'

export const filterMessages = defineMessages({
  zh: {
    assigned_to: '分派',
    verdict: '判定',
    failed: '不符合的评分项',
    rubric: '评分标准',
    criterion: '评分项',
    finding: '评分项结论',
    problem: '录音问题',
    review_state: '复核状态',
    direction: '方向',
    kind: '类型',
    language: '语言',
    when: '时间',
    from: '起',
    to: '止',
    score_min: '得分不低于',
    score_max: '得分不高于',
    measure: '指标',
    at_least: '不低于',
    below: '低于',
    today: '今天',
    '7d': '近 7 天',
    '30d': '近 30 天',
    anyTime: '全部时间',
    range: '起止日期',
    unknown: '（未知）',
  },
  en: {
    assigned_to: 'Assigned',
    verdict: 'Verdict',
    failed: 'Criterion not met',
    rubric: 'Rubric',
    criterion: 'Criterion',
    finding: 'Came to',
    problem: 'Recording',
    review_state: 'Review',
    direction: 'Direction',
    kind: 'Kind',
    language: 'Language',
    when: 'Time',
    from: 'From',
    to: 'To',
    score_min: 'Score at least',
    score_max: 'Score at most',
    measure: 'Measure',
    at_least: 'At least',
    below: 'Below',
    today: 'Today',
    '7d': '7 days',
    '30d': '30 days',
    anyTime: 'Any time',
    range: 'From and to',
    unknown: '(unknown)',
  },
})

/** What each filter is called. */
export function useFilterName(): (name: Filter) => string {
  const t = useMessages(filterMessages)
  const units = useUnitWords()
  return (name) => (isUnit(name) ? units[name] : t[name])
}

function isUnit(name: string): name is UnitKind {
  return UNIT_KINDS.some((kind) => kind === name)
}

function Value({ name, value }: { name: Filter; value: string }) {
  const t = useMessages(messages)
  const f = useMessages(filterMessages)
  const words = useWords()
  const me = useMe().person.id
  const { format } = useLocale()
  const criteria = useCriteria(name === 'criterion' || name === 'failed')
  if (name === 'criterion' || name === 'failed') {
    return criteria.find(({ criterion }) => criterion === value)?.title ?? value
  }
  if (value === '') return f.unknown
  if (isUnit(name)) return <UnitName kind={name} id={value} />
  if (name === 'assigned_to')
    return value === 'me' || value === me ? t.mine : value === 'none' ? t.free : value
  if (name === 'when') return value in f ? f[value as 'today'] : value
  if (name === 'direction') return value === 'inbound' ? t.inbound : value === 'outbound' ? t.outbound : value
  if (name === 'kind') return value === 'chat' ? t.chat : t.call
  if (name === 'language') return value === 'zh' ? t.zhLanguage : value === 'en' ? t.enLanguage : value
  if ((name === 'from' || name === 'to') && !Number.isNaN(Date.parse(value))) {
    // A day is written as it is; a moment in the reader's time.
    return /^\d{4}-\d\d-\d\d$/.test(value) ? format.date(`${value}T00:00`) : format.dateTime(value)
  }
  return words(value)
}

export function Chips({ search, change }: { search: Search; change: (search: Search) => void }) {
  const t = useMessages(messages)
  const nameOf = useFilterName()
  const chips = chipsOf(search)
  if (chips.length === 0) return null
  return (
    <Flex gap={6} wrap align="center" className="inbox-chips">
      {chips.map(({ name, value }) => (
        <Tag
          key={name}
          variant="filled"
          data-filter={name}
          closable={{ 'aria-label': t.remove(nameOf(name)) }}
          onClose={(event) => {
            event.preventDefault()
            change({ ...search, [name]: undefined })
          }}
        >
          {nameOf(name)}：<Value name={name} value={value} />
        </Tag>
      ))}
      <Button type="link" size="small" onClick={() => change(cleared(search))}>
        {t.clear}
      </Button>
    </Flex>
  )
}
