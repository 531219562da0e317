/** The cursor among findings and calls, and what is done where it stands. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { useDeciding } from '@/components/review/deciding'
import type { Held } from '@/components/review/held'
import { callQuery, decisionsQuery, findingsQuery, reportQuery } from '@/components/review/queries'
import { asDecision, type Choice, type Draft } from '@/components/review/verdicts'
import type { Row } from './calls'
import { entry, type Item, itemKey, itemsOf, nextOpen, step } from './worklist'

/** Behind a call's last finding, when all of it is decided. */
export const DONE = 'done'

/** A finding's place in the workbench: its second, and its card. */
export function placeOf(item: Item | undefined): Record<string, string> {
  if (!item) return {}
  const { rubric, criterion, start_s } = item.finding
  return { ...(start_s == null ? {} : { t: String(start_s) }), rubric, criterion }
}

interface Cursor {
  callId: string
  key?: string
  from?: 'below'
}

export function useReviewing(rows: Row[], chosen: string | undefined, choose: (id: string) => void) {
  const id = chosen ?? ''
  const enabled = chosen !== undefined
  const call = useQuery({ ...callQuery(id), enabled })
  const findings = useQuery({ ...findingsQuery(id), enabled })
  const decisions = useQuery({ ...decisionsQuery(id), enabled })
  const report = useQuery({ ...reportQuery(id), enabled })
  usePrefetch(rows, chosen)

  const [cursor, setCursor] = useState<Cursor>()
  const [opened, setOpened] = useState<{ place: string; choice: Choice }>()

  const undone = useCallback(
    (held: Held) => {
      choose(held.callId)
      setCursor({ callId: held.callId, key: itemKey(held) })
    },
    [choose],
  )
  const { held, decide: hold, undo } = useDeciding(undone)
  const ready = findings.data !== undefined && decisions.data !== undefined
  const items = useMemo(
    () => (ready ? itemsOf(id, findings.data, decisions.data, held) : []),
    [id, ready, findings.data, decisions.data, held],
  )

  // Where a call was come to is kept: what others decide meanwhile does not move the cursor.
  const mine = cursor?.callId === chosen ? cursor : undefined
  const at = mine?.key ?? entry(items, mine?.from ?? 'above')
  useEffect(() => {
    if (ready && chosen && at && !mine?.key) setCursor({ callId: chosen, key: at })
  }, [ready, chosen, at, mine?.key])
  const item = items.find((one) => one.key === at)

  // A form belongs to the finding that it was opened at.
  const place = `${chosen} ${at}`
  const form = opened?.place === place ? opened.choice : undefined
  const setForm = (choice: Choice | undefined) => setOpened(choice && { place, choice })

  const moveCall = (by: 1 | -1) => {
    const next = rows[rows.findIndex((row) => row.id === chosen) + by] ?? (chosen ? undefined : rows[0])
    if (!next) return
    setCursor(by < 0 ? { callId: next.id, from: 'below' } : undefined)
    choose(next.id)
  }
  const move = (by: 1 | -1) => {
    if (enabled && !ready && !findings.isError && !decisions.isError) return
    const to = at === DONE ? (by < 0 ? items.at(-1)?.key : undefined) : step(items, at, by)
    if (chosen && to) setCursor({ callId: chosen, key: to })
    else moveCall(by)
  }
  const decide = (draft: Draft) => {
    if (!chosen || !item) return
    hold({ callId: chosen, ...asDecision(draft, item.finding) }, item.finding.title)
    setForm(undefined)
    const rest = items.filter((one) => one === item || !one.decided)
    setCursor({ callId: chosen, key: nextOpen(rest, item.key) ?? DONE })
  }
  const pick = (key: string) => chosen && setCursor({ callId: chosen, key })
  const problem = findings.error ?? decisions.error ?? call.error
  const retry = () =>
    [findings, decisions, call].forEach((one) => {
      if (one.isError) void one.refetch()
    })
  return {
    call: call.data,
    report: report.data,
    items,
    item,
    at,
    ready,
    problem,
    retry,
    form,
    setForm,
    held,
    move,
    moveCall,
    decide,
    undo,
    pick,
  }
}

export type Reviewing = ReturnType<typeof useReviewing>

/** The next call is here before one comes to it. */
function usePrefetch(rows: Row[], chosen: string | undefined) {
  const client = useQueryClient()
  const latest = useRef(rows)
  latest.current = rows
  useEffect(() => {
    const next = latest.current[latest.current.findIndex((row) => row.id === chosen) + 1]
    if (!chosen || !next) return
    for (const query of [callQuery, findingsQuery, decisionsQuery, reportQuery]) {
      void client.prefetchQuery(query(next.id) as ReturnType<typeof callQuery>)
    }
  }, [client, chosen])
}
