/** Who among the agents the person is: `/agents/me` is theirs. */
import type { Me } from './session'

/** The staff number that the person's scope is of, if it is one alone. */
export function ownAgent(me: Pick<Me, 'person'>): string | undefined {
  const agents = new Set((me.person.scope.grants ?? []).map((grant) => grant.agent))
  const [only] = agents
  return agents.size === 1 && !me.person.scope.all ? (only ?? undefined) : undefined
}
