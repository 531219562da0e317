/** Alerts: what was raised, how often it was right, and for administrators what is raised at all. */
import { Tabs } from 'antd'
import { useCan } from '@/app/session'
import { useAddress } from '@/components/address'
import { Needs } from '@/components/needs'
import { PageHead } from '@/components/page'
import { AlertsList } from './list'
import { usePageTexts } from './messages'
import { PolicyTab } from './policy'
import { PrecisionTab } from './precision'

export function AlertsPage() {
  return (
    <Needs action="live.read">
      <Alerts />
    </Needs>
  )
}

function Alerts() {
  const t = usePageTexts()
  const can = useCan()
  const [{ tab }, go] = useAddress()
  const items = [
    { key: 'list', label: t.list, children: <AlertsList /> },
    { key: 'precision', label: t.precision, children: <PrecisionTab /> },
    ...(can('alerts.policy') ? [{ key: 'policy', label: t.policy, children: <PolicyTab /> }] : []),
  ]
  return (
    <>
      <PageHead title={t.title} hint={t.hint} />
      <Tabs
        activeKey={items.some(({ key }) => key === tab) ? tab : 'list'}
        onChange={(tab) => go({ tab })}
        items={items}
        destroyOnHidden
      />
    </>
  )
}
