/** Open alerts, and what is done with alerts. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { App } from 'antd'
import { type Alert, alerts, live } from '@/api/live'
import { useCan } from '@/app/session'

/** As many are shown at once; the page of alerts has all. */
export const OPEN_MAX = 100

export function useOpenAlerts() {
  const can = useCan()
  return useQuery({
    queryKey: ['alerts', 'open'],
    queryFn: () => alerts.list({ state: 'open', limit: OPEN_MAX }),
    enabled: can('alerts.settle'),
    // Events tell of new ones; this is for those that got lost.
    refetchInterval: 60_000,
  })
}

/** Calls that go on; events tell when one begins or ends. */
export function useWall() {
  const can = useCan()
  return useQuery({
    queryKey: ['live', 'calls'],
    queryFn: live.calls,
    enabled: can('live.read'),
    refetchInterval: 5000,
  })
}

/** Whether a call goes on still. */
export function useGoesOn(callId: string): boolean {
  const wall = useWall()
  return wall.data?.calls.some(({ call_id }) => call_id === callId) ?? false
}

/** Lists of alerts, and the calls that they are of, are asked for anew. */
function useSettling<V>(act: (value: V) => Promise<unknown>) {
  const client = useQueryClient()
  const { message } = App.useApp()
  return useMutation({
    mutationFn: act,
    // Somebody else may have been first: then that is seen.
    onSettled: async () => {
      await client.invalidateQueries({ queryKey: ['alerts'] })
      await client.invalidateQueries({ queryKey: ['live', 'call'] })
    },
    onError: (problem) => void message.error(problem.message),
  })
}

export const useAcknowledge = () => useSettling((alert: Alert) => alerts.acknowledge(alert.alert_id))

export const useFeedback = () =>
  useSettling(({ alert, right, note }: { alert: Alert; right: boolean; note: string }) =>
    alerts.feedback(alert.alert_id, { right, note }),
  )
