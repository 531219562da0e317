/** The call has ended: the way to its recording, as soon as that is analysed. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Alert } from 'antd'
import { Problem } from '@/api/client'
import { useCan } from '@/app/session'
import { readCall } from '@/components/review/decide'
import { useCallTexts } from './messages'

/** An event tells it too; this is for those that got lost. */
const LOOK_MS = 5000

export function Ended({ callId }: { callId: string }) {
  const t = useCallTexts()
  const can = useCan()
  const recorded = useQuery({
    queryKey: ['calls', 'recorded', callId],
    queryFn: async () => {
      try {
        return (await readCall(callId)).id
      } catch (problem) {
        if (problem instanceof Problem && problem.status === 404) return null
        throw problem
      }
    },
    enabled: can('calls.read'),
    refetchInterval: ({ state }) => (state.data ? false : LOOK_MS),
    staleTime: 0,
  })
  return (
    <Alert
      type={recorded.data ? 'success' : 'info'}
      showIcon
      className="live-ended"
      title={recorded.data ? t.analysed : t.gone}
      description={recorded.data ? undefined : t.goneHint}
      action={
        recorded.data && (
          <Link to="/calls/$callId" params={{ callId: recorded.data }} className="ant-btn">
            {t.openCall}
          </Link>
        )
      }
    />
  )
}
