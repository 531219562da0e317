import { PageHead } from '@/components/page'
import { defineMessages, useMessages } from '@/i18n'

const messages = defineMessages({ zh: { title: '保留与保全' }, en: { title: 'Retention and holds' } })

export function RetentionPage() {
  const t = useMessages(messages)
  return <PageHead title={t.title} />
}
