/** To the call that a file became; or to the one that had its content before. */
import { Link } from '@tanstack/react-router'
import type { Schemas } from '@/api/client'
import { useMessages } from '@/i18n'
import { ledgerMessages } from './messages'
import { duplicateOf } from './remedy'

export function CallLink({ entry }: { entry: Schemas['LedgerEntry'] }) {
  const t = useMessages(ledgerMessages)
  const same = duplicateOf(entry.why)
  const call = entry.call ?? same
  if (!call) return null
  return (
    <Link to="/calls/$callId" params={{ callId: call }}>
      {same ? t.openSame : t.open}
    </Link>
  )
}
