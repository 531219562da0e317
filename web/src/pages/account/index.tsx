import { PageHead } from '@/components/page'
import { defineMessages, useMessages } from '@/i18n'

const messages = defineMessages({ zh: { title: '我的账号' }, en: { title: 'My account' } })

export function AccountPage() {
  const t = useMessages(messages)
  return <PageHead title={t.title} />
}
