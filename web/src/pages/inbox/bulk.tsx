/** What can be done with the calls that are ticked. */
import { App, Button, Flex, Select } from 'antd'
import { useMe } from '@/app/session'
import { useReviewers } from '@/components/review/reviewers'
import { useMessages } from '@/i18n'
import { refused, useGive } from './assign'
import type { Call } from './calls'
import { messages } from './messages'

/** Assigns, and tells what came of it. */
export function useAssigning() {
  const t = useMessages(messages)
  const { message, notification } = App.useApp()
  const assign = useGive()
  const why: Record<string, string> = {
    taken: t.taken,
    not_allowed: t.notAllowed,
    not_found: t.notFound,
  }
  /** Whether all were given. */
  const give = async (calls: Call[], to: string | undefined): Promise<boolean> => {
    try {
      const failed = refused(await assign.mutateAsync({ calls, to }))
      const done = calls.length - failed.length
      if (done > 0) message.success(to ? t.assignedN(done) : t.releasedN(done))
      if (failed.length > 0) {
        const reasons = [...new Set(failed.map(({ result }) => why[result] ?? result))]
        notification.error({ title: t.assignFailed(failed.length), description: reasons.join(' ') })
      }
      return failed.length === 0
    } catch (problem) {
      const description = problem instanceof Error ? problem.message : String(problem)
      notification.error({ title: t.assignFailed(calls.length), description })
      return false
    }
  }
  return { give, pending: assign.isPending }
}

export function BulkBar({ calls, onDone }: { calls: Call[]; onDone: () => void }) {
  const t = useMessages(messages)
  const me = useMe().person.id
  const reviewers = useReviewers()
  const { give, pending } = useAssigning()
  const act = async (to: string | undefined) => {
    if (await give(calls, to)) onDone()
  }
  const others = [...reviewers].filter(([id]) => id !== me)
  return (
    <Flex
      className="inbox-bulk"
      align="center"
      gap={8}
      wrap
      role="toolbar"
      aria-label={t.ticked(calls.length)}
    >
      <strong aria-live="polite">{t.ticked(calls.length)}</strong>
      <Button size="small" type="primary" loading={pending} onClick={() => act(me)}>
        {t.toMe}
      </Button>
      {others.length > 0 && (
        <Select
          size="small"
          aria-label={t.toOther}
          placeholder={t.toOther}
          value={null}
          showSearch={{ optionFilterProp: 'label' }}
          popupMatchSelectWidth={false}
          options={others.map(([value, label]) => ({ value, label }))}
          onChange={(id) => id && act(id)}
        />
      )}
      <Button size="small" disabled={pending} onClick={() => act(undefined)}>
        {t.release}
      </Button>
      <Button size="small" type="text" onClick={onDone}>
        {t.untick}
      </Button>
    </Flex>
  )
}
