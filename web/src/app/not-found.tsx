import { FileSearchOutlined } from '@ant-design/icons'
import { Link } from '@tanstack/react-router'
import { Result } from 'antd'
import { defineMessages, useMessages } from '@/i18n'
import '@/components/page.css'

const messages = defineMessages({
  zh: { title: '没有这个页面', back: '返回待复核' },
  en: { title: 'There is no such page', back: 'Back to the inbox' },
})

export function NotFound() {
  const t = useMessages(messages)
  return (
    <Result
      icon={<FileSearchOutlined />}
      className="problem-shut"
      title={<h1 className="problem-title">{t.title}</h1>}
      extra={<Link to="/inbox">{t.back}</Link>}
    />
  )
}
