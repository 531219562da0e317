import { PageHead } from '@/components/page'
import { defineMessages, useMessages } from '@/i18n'

const messages = defineMessages({ zh: { title: '待复核' }, en: { title: 'Inbox' } })

export function InboxPage() {
  const t = useMessages(messages)
  return <PageHead title={t.title} />
}
