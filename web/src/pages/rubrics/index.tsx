import { PageHead } from '@/components/page'
import { defineMessages, useMessages } from '@/i18n'

const messages = defineMessages({ zh: { title: '评分标准' }, en: { title: 'Rubrics' } })

export function RubricsPage() {
  const t = useMessages(messages)
  return <PageHead title={t.title} />
}
