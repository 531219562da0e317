/** Where recordings come from and what became of each: tabs, and which one is open stands in the address. */
import { Tabs } from 'antd'
import { useCan } from '@/app/session'
import { useAddress } from '@/components/address'
import { Needs } from '@/components/needs'
import { PageHead } from '@/components/page'
import { useMessages } from '@/i18n'
import { JobsTab } from './jobs'
import { LedgerTab } from './ledger'
import { messages } from './messages'
import { SourcesTab } from './sources'
import { UploadTab } from './upload'

export function IngestPage() {
  return (
    <Needs action={['upload', 'ledger.read']}>
      <Ingest />
    </Needs>
  )
}

const TABS = [
  ['upload', 'upload', UploadTab],
  ['ledger', 'ledger.read', LedgerTab],
  ['jobs', 'ledger.read', JobsTab],
  ['sources', 'ledger.read', SourcesTab],
] as const

function Ingest() {
  const t = useMessages(messages)
  const can = useCan()
  const [address, go] = useAddress()
  const tabs = TABS.filter(([, action]) => can(action))
  const open = tabs.find(([name]) => name === address.tab) ?? tabs[0]
  return (
    <>
      <PageHead title={t.title} hint={t.hint} />
      <Tabs
        activeKey={open?.[0]}
        // What filters one tab means nothing to another.
        onChange={(tab) => go({ tab, state: undefined, source: undefined, entry: undefined }, true)}
        destroyOnHidden
        items={tabs.map(([name, , Tab]) => ({ key: name, label: t[name], children: <Tab /> }))}
      />
    </>
  )
}
