/** Whose call it was; a call of nobody known goes by its own name. */
import { callName } from '@/components/call-name'
import { UnitName, useUnitWords } from '@/components/units'
import type { Call } from './calls'

export function AgentName({ call }: { call: Pick<Call, 'agent' | 'external_id'> }) {
  const words = useUnitWords()
  if (!call.agent) return callName(call.external_id)
  return (
    <>
      <small>{words.agent}</small> <UnitName kind="agent" id={call.agent} />
    </>
  )
}
