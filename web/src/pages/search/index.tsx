import { PageHead } from '@/components/page'
import { defineMessages, useMessages } from '@/i18n'

const messages = defineMessages({ zh: { title: '检索' }, en: { title: 'Search' } })

export function SearchPage() {
  const t = useMessages(messages)
  return <PageHead title={t.title} />
}
