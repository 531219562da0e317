import { PageHead } from '@/components/page'
import { defineMessages, useMessages } from '@/i18n'

const messages = defineMessages({ zh: { title: '通话' }, en: { title: 'Call' } })

export function CallPage() {
  const t = useMessages(messages)
  return <PageHead title={t.title} />
}
