/**
 * Decisions made quickly, one after another: each shows at once, can be taken back for some seconds, and is then sent
 * on the state of the call that was seen. What the service refuses is taken back and told.
 */
import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { App, Button } from 'antd'
import { useCallback, useEffect, useMemo, useSyncExternalStore } from 'react'
import { api, data, Problem, type Schemas } from '@/api/client'
import { defineMessages, useMessages } from '@/i18n'
import { type Held, HeldDecisions, HOLD_MS, type Ruling } from './held'
import { callQuery, decisionsQuery } from './queries'
import { standing } from './verdicts'
import { useReviewWords } from './words'

const messages = defineMessages({
  zh: {
    done: (what: string, title: string) => `${what}：${title}`,
    undo: '撤销 (U)',
    undone: '已撤销',
    failed: (title: string) => `“${title}”的复核结论未能保存，已恢复原状`,
    again: '重新提交',
    theirs: '其他人刚刚复核了这一项',
  },
  en: {
    done: (what: string, title: string) => `${what}: ${title}`,
    undo: 'Undo (U)',
    undone: 'Taken back',
    failed: (title: string) => `The decision on “${title}” was not saved and has been taken back`,
    again: 'Send again',
    theirs: 'Somebody else has just decided on it',
  },
})

/** A change by somebody else on another part of the call is no reason to refuse; on this finding it is. */
class Theirs extends Error {}

async function post(client: QueryClient, held: Held): Promise<Schemas['Decided']> {
  const { callId, id: _, state: __, ...body } = held
  const call = await client.ensureQueryData(callQuery(callId))
  return data(
    api.POST('/api/v1/calls/{call_id}/decisions', {
      params: { path: { call_id: callId } },
      headers: { 'If-Match': `"${call.rev}"` },
      body,
      // It goes out even when the window is being closed.
      keepalive: true,
    }),
  )
}

async function send(client: QueryClient, held: Held): Promise<void> {
  const seen = client.getQueryData(decisionsQuery(held.callId).queryKey) ?? []
  const was = standing(seen, held.rubric, held.criterion)?.id
  let decided: Schemas['Decided']
  try {
    decided = await post(client, held)
  } catch (problem) {
    if (!(problem instanceof Problem && problem.status === 412)) throw problem
    const fresh = { staleTime: 0 }
    const now = await client.fetchQuery({ ...decisionsQuery(held.callId), ...fresh })
    await client.fetchQuery({ ...callQuery(held.callId), ...fresh })
    if (standing(now, held.rubric, held.criterion)?.id !== was) throw new Theirs()
    decided = await post(client, held)
  }
  const { rev, scorecards } = decided
  client.setQueryData(callQuery(held.callId).queryKey, (call) => call && { ...call, rev, scorecards })
  await client.invalidateQueries({ queryKey: decisionsQuery(held.callId).queryKey })
}

export interface Deciding {
  /** Made here and not on record yet. */
  held: readonly Held[]
  decide: (ruling: Ruling, title: string) => void
  /** Takes the newest back; says which it was. */
  undo: () => Held | undefined
}

const TOAST = 'decided'

export function useDeciding(onUndone?: (held: Held) => void): Deciding {
  const t = useMessages(messages)
  const words = useReviewWords()
  const client = useQueryClient()
  const { message, notification } = App.useApp()
  const titles = useMemo(() => new Map<number, string>(), [])
  const desk = useMemo(() => {
    const failed = (held: Held, error: unknown) => {
      const title = titles.get(held.id) ?? held.criterion
      const theirs = error instanceof Theirs
      const { id: _, state: __, ...ruling } = held
      notification.error({
        key: `decision-${held.id}`,
        title: t.failed(title),
        description: theirs ? t.theirs : error instanceof Error ? error.message : String(error),
        duration: 0,
        actions: theirs ? undefined : (
          <Button
            size="small"
            onClick={() => {
              notification.destroy(`decision-${held.id}`)
              titles.set(desk.hold(ruling).id, title)
            }}
          >
            {t.again}
          </Button>
        ),
      })
      void client.invalidateQueries({ queryKey: ['call', held.callId] })
    }
    const desk = new HeldDecisions((held) => send(client, held), failed)
    return desk
  }, [client, notification, titles, t])
  const held = useSyncExternalStore(desk.watch, desk.list)

  const undo = useCallback(() => {
    const back = desk.undo()
    if (!back) return undefined
    message.open({ key: TOAST, type: 'info', content: t.undone, duration: 2 })
    onUndone?.(back)
    return back
  }, [desk, message, t, onUndone])

  const decide = useCallback(
    (ruling: Ruling, title: string) => {
      titles.set(desk.hold(ruling).id, title)
      message.open({
        key: TOAST,
        type: 'success',
        duration: HOLD_MS / 1000,
        content: (
          <>
            {t.done(words(ruling.decision), title)}
            <Button type="link" size="small" onClick={undo}>
              {t.undo}
            </Button>
          </>
        ),
      })
    },
    [desk, message, t, titles, words, undo],
  )

  useSentOnLeave(desk, () => message.destroy(TOAST))
  return { held, decide, undo }
}

/** What was decided is sent when the page is left, whatever the way. */
function useSentOnLeave(desk: HeldDecisions, left: () => void) {
  useEffect(() => {
    const hidden = () => {
      if (document.hidden) desk.flush()
    }
    const closing = (event: BeforeUnloadEvent) => {
      desk.flush()
      // Several decisions on one call go one after another: the person is asked to stay until they are through.
      if (desk.list().length > 1) event.preventDefault()
    }
    document.addEventListener('visibilitychange', hidden)
    window.addEventListener('beforeunload', closing)
    return () => {
      document.removeEventListener('visibilitychange', hidden)
      window.removeEventListener('beforeunload', closing)
    }
  }, [desk])
  // biome-ignore lint/correctness/useExhaustiveDependencies: only on leaving, not when a text changes
  useEffect(
    () => () => {
      desk.flush()
      left()
    },
    [desk],
  )
}
