import { PageHead } from '@/components/page'
import { defineMessages, useMessages } from '@/i18n'

const messages = defineMessages({ zh: { title: '组织名称' }, en: { title: 'Names' } })

export function UnitsPage() {
  const t = useMessages(messages)
  return <PageHead title={t.title} />
}
