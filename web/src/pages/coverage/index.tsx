import { PageHead } from '@/components/page'
import { defineMessages, useMessages } from '@/i18n'

const messages = defineMessages({ zh: { title: '覆盖率' }, en: { title: 'Coverage' } })

export function CoveragePage() {
  const t = useMessages(messages)
  return <PageHead title={t.title} />
}
