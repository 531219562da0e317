/** Which finding is looked at, which are shown, and what is decided on them. */
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback, useMemo, useState } from 'react'
import type { Schemas } from '@/api/client'
import { useDeciding } from '@/components/review/deciding'
import type { Held } from '@/components/review/held'
import { asDecision, type Choice, type Draft } from '@/components/review/verdicts'
import { filterOf, namedIn, type Params } from './logic/address'
import type { Named } from './logic/marks'
import type { Report } from './logic/report'
import {
  byGravity,
  decidable,
  type Filter,
  type Item,
  isProblem,
  itemsOf,
  keyOf,
  nextUndecided,
  shown,
  step,
} from './logic/walk'

export function useParamsInAddress() {
  const params = useSearch({ from: '/calls/$callId' }) as Params
  const navigate = useNavigate()
  const change = useCallback(
    (changed: Params) =>
      void navigate({
        to: '.',
        search: (before: Params) => ({ ...before, ...changed }),
        replace: true,
        resetScroll: false,
      }),
    [navigate],
  )
  return { params, change }
}

export function useFindings(callId: string, report: Report, decisions: Schemas['Decision'][]) {
  const { params, change } = useParamsInAddress()
  const [form, setForm] = useState<{ key: string; choice: Choice }>()
  const cards = useMemo(() => byGravity(report.scorecards), [report])
  const choose = useCallback(
    (item: Named | undefined) =>
      change({ rubric: item?.rubric, criterion: item?.criterion, ...(item ? { tab: 'score' } : {}) }),
    [change],
  )
  const undone = useCallback((held: Held) => held.decision !== 'manual' && choose(held), [choose])
  const { held, decide: hold, undo } = useDeciding(undone)
  const items = useMemo(() => itemsOf(cards, decisions, held), [cards, decisions, held])
  const named = namedIn(params)
  const chosen = named && items.find((item) => item.key === keyOf(named))
  const asked = filterOf(params) ?? (items.some((item) => isProblem(item.finding)) ? 'problems' : 'all')
  // A finding that a link opens is shown, whatever the filter.
  const filter: Filter = chosen && asked === 'problems' && !isProblem(chosen.finding) ? 'all' : asked
  const visible = useMemo(() => shown(items, filter), [items, filter])

  const move = (by: 1 | -1) => {
    const next = step(visible, chosen?.key, by)
    if (next) choose(next)
  }
  const open = (choice: Choice | undefined) =>
    setForm(choice && chosen && decidable(chosen.finding) ? { key: chosen.key, choice } : undefined)
  const save = (item: Item, draft: Draft) => {
    hold({ callId, ...asDecision(draft, { ...item, verdict: item.finding.verdict }) }, item.finding.title)
    setForm(undefined)
    const next = nextUndecided(items, item.key)
    if (next) choose(next)
  }

  return {
    cards,
    items,
    chosen,
    filter,
    setFilter: (filter: Filter) => change({ show: filter }),
    choose,
    move,
    form: chosen && form?.key === chosen.key ? form.choice : undefined,
    open,
    decide: (draft: Draft) => {
      if (chosen && decidable(chosen.finding)) save(chosen, draft)
    },
    add: (decision: Schemas['NewDecision']) => hold({ callId, ...decision }, decision.criterion),
    undo,
    /** Added by hand, and not on record yet. */
    adding: held.filter((one) => one.decision === 'manual'),
  }
}

export type Findings = ReturnType<typeof useFindings>
