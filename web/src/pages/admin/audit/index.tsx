import { PageHead } from '@/components/page'
import { defineMessages, useMessages } from '@/i18n'

const messages = defineMessages({ zh: { title: '审计日志' }, en: { title: 'Audit log' } })

export function AuditPage() {
  const t = useMessages(messages)
  return <PageHead title={t.title} />
}
