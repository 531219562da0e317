/** Whoever may not be here is told so; nothing of the page is asked for. */
import type { ReactNode } from 'react'
import { Problem } from '@/api/client'
import { useCan } from '@/app/session'
import { ProblemPage } from './problem'

/** One of these actions is enough. */
export function Needs({ action, children }: { action: string | string[]; children: ReactNode }) {
  const can = useCan()
  if ([action].flat().some(can)) return children
  return <ProblemPage problem={new Problem(403, 'urn:lingting:problem:forbidden', '')} />
}
