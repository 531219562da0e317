/** What became of a file that was sent: its state in the ledger as it changes, and at last its call. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Skeleton, Space } from 'antd'
import { api, data } from '@/api/client'
import { useCan } from '@/app/session'
import { useMessages } from '@/i18n'
import { CallLink } from '../ledger/call-link'
import { ledgerMessages } from '../ledger/messages'
import { remedyOf } from '../ledger/remedy'
import { isUnderWay, StateTag } from '../ledger/states'
import { uploadMessages } from './messages'

/** Events tell of ends; steps on the way are asked for, in ms. */
const ASKED_MS = 3000

export function entryQuery(id: string) {
  return {
    queryKey: ['ledger', 'entry', id],
    queryFn: () => data(api.GET('/api/v1/ledger/{entry_id}', { params: { path: { entry_id: id } } })),
  }
}

export function Outcome({ entry: id }: { entry: string }) {
  const t = useMessages(uploadMessages)
  const remedies = useMessages(ledgerMessages)
  const can = useCan()
  const seesLedger = can('ledger.read')
  const entry = useQuery({
    ...entryQuery(id),
    enabled: seesLedger,
    refetchInterval: ({ state }) => (!state.data || isUnderWay(state.data.state) ? ASKED_MS : false),
  })
  if (!seesLedger) return t.received
  if (entry.isError) return entry.error.message
  if (!entry.data) return <Skeleton.Button size="small" active />
  const { state, why, call } = entry.data
  const remedy = call ? undefined : remedyOf(state, why)
  return (
    <Space wrap size={[8, 2]}>
      <StateTag state={state} />
      <CallLink entry={entry.data} />
      {why && !call && (
        <Link to="/ingest" search={{ tab: 'ledger', entry: id }}>
          {t.entry}
        </Link>
      )}
      {remedy && <span className="upload-remedy">{remedies[remedy]}</span>}
    </Space>
  )
}
