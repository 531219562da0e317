/** Which calls somebody sees: everything, or what agrees with any of some grants. */
import type { Schemas } from '@/api/client'

export type Scope = Schemas['Scope']
export type Grant = Schemas['Grant']

export const GRANT_FACTS = ['client', 'vendor', 'project', 'team', 'agent'] as const
export type GrantFact = (typeof GRANT_FACTS)[number]

export const ROLES = [
  'reviewer',
  'supervisor',
  'agent',
  'client',
  'vendor_manager',
  'administrator',
  'auditor',
] as const
export type Role = (typeof ROLES)[number]

const MUST_NAME: Record<string, GrantFact> = { agent: 'agent', client: 'client', vendor_manager: 'vendor' }

/** What every grant of that role names; such a role never sees everything. */
export function mustName(role: string | undefined): GrantFact | undefined {
  return role === undefined ? undefined : MUST_NAME[role]
}

export const named = (grant: Grant) => GRANT_FACTS.filter((fact) => grant[fact]?.trim())

/** As the service takes it: no blanks, no grant that names nothing. */
export function tidied(scope: Scope): Scope {
  if (scope.all) return { all: true }
  const grants = (scope.grants ?? [])
    .map((grant) => Object.fromEntries(named(grant).map((fact) => [fact, grant[fact]?.trim()])) as Grant)
    .filter((grant) => named(grant).length > 0)
  return { grants }
}

export type ScopeFault = 'nothing' | 'not_all' | GrantFact

/** What is wrong with a scope for that role: nothing named, everything named, or a grant without its fact. */
export function faultOf(role: string | undefined, scope: Scope): ScopeFault | undefined {
  const must = mustName(role)
  if (scope.all) return must ? 'not_all' : undefined
  const grants = tidied(scope).grants ?? []
  if (grants.length === 0) return must ?? 'nothing'
  return must && grants.some((grant) => !grant[must]) ? must : undefined
}
