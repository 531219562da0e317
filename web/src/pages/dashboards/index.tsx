import { PageHead } from '@/components/page'
import { defineMessages, useMessages } from '@/i18n'

const messages = defineMessages({ zh: { title: '看板' }, en: { title: 'Dashboards' } })

export function DashboardsPage() {
  const t = useMessages(messages)
  return <PageHead title={t.title} />
}
