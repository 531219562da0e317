import { Link } from '@tanstack/react-router'
import { Result } from 'antd'
import { defineMessages, useMessages } from '@/i18n'

const messages = defineMessages({
  zh: { title: '没有这个页面', back: '返回待复核' },
  en: { title: 'There is no such page', back: 'Back to the inbox' },
})

export function NotFound() {
  const t = useMessages(messages)
  return <Result status="404" title={t.title} extra={<Link to="/inbox">{t.back}</Link>} />
}
