/** What facts and their values are called. */
import { useTroubles } from '@/components/troubles'
import { UNIT_KINDS, type UnitKind, useUnits, useUnitWords } from '@/components/units'
import { useWords } from '@/components/verdict'
import { useMessages } from '@/i18n'
import type { Fact } from './address'
import { messages } from './messages'
import { useCriteria } from './use-criteria'

const isUnit = (fact: Fact): fact is Fact & UnitKind => (UNIT_KINDS as readonly string[]).includes(fact)

export function useFactWord(): (fact: Fact) => string {
  const t = useMessages(messages)
  const units = useUnitWords()
  return (fact) => (isUnit(fact) ? units[fact] : t[fact])
}

/** A value's word. Units are called by their names. */
export function useValueWord(fact: Fact): (value: string) => string {
  const t = useMessages(messages)
  const words = useWords()
  const troubles = useTroubles()
  const units = useUnits(isUnit(fact) ? fact : 'client').data
  const criteria = useCriteria(fact === 'failed')
  const others: Record<string, string> = {
    inbound: t.inbound,
    outbound: t.outbound,
    zh: t.langZh,
    en: t.langEn,
  }
  return (value) => {
    if (value === '') return t.unknownValue
    if (isUnit(fact)) return units?.find(({ id }) => id === value)?.name ?? value
    if (fact === 'failed') return criteria.get(value) ?? value
    if (fact === 'problem') return troubles(value)
    if (fact === 'direction' || fact === 'language') return others[value] ?? value
    return words(value)
  }
}
