import { PageHead } from '@/components/page'
import { defineMessages, useMessages } from '@/i18n'

const messages = defineMessages({ zh: { title: '接入与任务' }, en: { title: 'Ingest and jobs' } })

export function IngestPage() {
  const t = useMessages(messages)
  return <PageHead title={t.title} />
}
