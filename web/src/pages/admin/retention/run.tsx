/** How far the last deletion is. */
import { useQuery } from '@tanstack/react-query'
import { Alert, Progress } from 'antd'
import { api, data } from '@/api/client'
import { useLocale, useMessages } from '@/i18n'
import { messages } from './messages'

const ASKED_MS = 1500

export function LastRun() {
  const t = useMessages(messages)
  const { format } = useLocale()
  const run = useQuery({
    queryKey: ['retention', 'run'],
    queryFn: () => data(api.GET('/api/v1/retention/run')),
    refetchInterval: ({ state }) => (state.data?.state === 'running' ? ASKED_MS : false),
  })
  if (!run.data || run.data.state === 'none') return null
  const { state, begun, total, deleted, passed, why } = run.data
  const word = state === 'running' ? t.running : state === 'done' ? t.runDone : t.runFailed
  return (
    <Alert
      type={state === 'failed' ? 'error' : state === 'done' ? 'success' : 'info'}
      showIcon
      aria-live="polite"
      title={format.named(t.lastRun, begun ? `${word} (${format.dateTime(begun)})` : word)}
      description={
        <>
          {t.runFigures(format.number(deleted), format.number(total), format.number(passed))}
          {state === 'running' && (
            <Progress
              aria-label={t.running}
              percent={total > 0 ? Math.floor((100 * (deleted + passed)) / total) : 0}
              size="small"
            />
          )}
          {why && <div>{why}</div>}
        </>
      }
    />
  )
}
