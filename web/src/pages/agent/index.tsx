import { PageHead } from '@/components/page'
import { defineMessages, useMessages } from '@/i18n'

const messages = defineMessages({ zh: { title: '坐席' }, en: { title: 'Agent' } })

export function AgentPage() {
  const t = useMessages(messages)
  return <PageHead title={t.title} />
}
