/** How long what is kept, what must stay, what is due, what was deleted. Which tab is open stands in the address. */
import { Tabs } from 'antd'
import { useAddress } from '@/components/address'
import { Needs } from '@/components/needs'
import { PageHead } from '@/components/page'
import { useMessages } from '@/i18n'
import { CertificatesTab } from './certificates'
import { DueTab } from './due'
import { HoldsTab } from './holds'
import { messages } from './messages'
import { RulesTab } from './rules'
import './retention.css'

const TABS = [
  ['due', DueTab],
  ['rules', RulesTab],
  ['holds', HoldsTab],
  ['certificates', CertificatesTab],
] as const

export function RetentionPage() {
  return (
    <Needs action="retention">
      <Retention />
    </Needs>
  )
}

function Retention() {
  const t = useMessages(messages)
  const [address, go] = useAddress()
  const open = TABS.find(([name]) => name === address.tab) ?? TABS[0]
  return (
    <>
      <PageHead title={t.title} hint={t.hint} />
      <Tabs
        activeKey={open[0]}
        onChange={(tab) => go({ tab, call: undefined, released: undefined }, true)}
        destroyOnHidden
        items={TABS.map(([name, Tab]) => ({ key: name, label: t[name], children: <Tab /> }))}
      />
    </>
  )
}
