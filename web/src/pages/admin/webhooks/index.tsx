import { PageHead } from '@/components/page'
import { defineMessages, useMessages } from '@/i18n'

const messages = defineMessages({ zh: { title: '回调' }, en: { title: 'Webhooks' } })

export function WebhooksPage() {
  const t = useMessages(messages)
  return <PageHead title={t.title} />
}
