/**
 * The draft of a rubric: kept in this window until it is published or discarded, so that neither a reload nor another
 * page loses it. `base` is the revision it was begun from: the service refuses to publish over a newer one.
 */
import { useCallback, useState } from 'react'

/** The id in the address of a rubric that is not there yet. */
export const NEW = 'new'
/** Where other pages leave a text for a new rubric. */
export const HANDED_OVER = 'lingting.draft'

export interface Draft {
  text: string
  /** The ETag's number of the rubric it was begun from. */
  base: number
}

const keyOf = (id: string) => `lingting.rubric.${id}`

const TEMPLATE = `rubric: my-rubric
version: 1
title: {zh: 我的评分标准, en: My rubric}
language: zh
pass_mark: 60

criteria:
  - id: greeting
    title: {zh: 问候客户, en: Greets the customer}
    severity: major
    weight: 10
    met: {phrase: [您好, 你好], by: agent, within: first 10s}
`

function kept(id: string): Draft | null {
  const handed = id === NEW ? sessionStorage.getItem(HANDED_OVER) : null
  if (handed) {
    sessionStorage.removeItem(HANDED_OVER)
    return { text: handed, base: 0 }
  }
  const json = sessionStorage.getItem(keyOf(id))
  return json ? (JSON.parse(json) as Draft) : null
}

/** The draft of a rubric, else what is in force. `current` is undefined while that is not known. */
export function useDraft(id: string, current: Draft | undefined) {
  const [own, setOwn] = useState<Draft | null>(() => kept(id))
  const draft = own ?? current ?? (id === NEW ? { text: TEMPLATE, base: 0 } : undefined)
  const base = draft?.base ?? 0
  const write = useCallback(
    (text: string) => {
      const next = { text, base }
      sessionStorage.setItem(keyOf(id), JSON.stringify(next))
      setOwn(next)
    },
    [id, base],
  )
  const discard = useCallback(() => {
    sessionStorage.removeItem(keyOf(id))
    setOwn(null)
  }, [id])
  const changed = own !== null && own.text !== current?.text
  return {
    draft,
    changed,
    write,
    discard,
    behind: own !== null && current !== undefined && own.base !== current.base,
  }
}
