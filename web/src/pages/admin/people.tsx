import { PageHead } from '@/components/page'
import { defineMessages, useMessages } from '@/i18n'

const messages = defineMessages({ zh: { title: '账号与权限' }, en: { title: 'People and roles' } })

export function PeoplePage() {
  const t = useMessages(messages)
  return <PageHead title={t.title} />
}
