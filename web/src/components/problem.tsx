/** What went wrong, in the words of the service, with a way on where there is one. */
import { FileSearchOutlined, LockOutlined } from '@ant-design/icons'
import { Link } from '@tanstack/react-router'
import { Alert, Button, Result } from 'antd'
import { Problem } from '@/api/client'
import { useMe } from '@/app/session'
import { defineMessages, useMessages } from '@/i18n'
import { useAccessWords } from './access-words'
import './page.css'

const messages = defineMessages({
  zh: {
    again: '重试',
    missing: '这里没有内容，或不在您的数据范围内',
    refused: '您没有权限查看这里',
    who: (name: string, role: string, hint: string) => `您以“${name}”（${role}）登录。${hint}`,
    missingHint:
      '链接可能有误，内容可能已按保留规则删除；如果是别人分享给您的，请联系管理员核对您的数据范围。',
    refusedHint: '如果工作需要，请联系管理员调整角色。',
    back: '返回待复核',
  },
  en: {
    again: 'Try again',
    missing: 'There is nothing here, or it lies outside what you may see',
    refused: 'You may not see this',
    who: (name: string, role: string, hint: string) => `You are logged in as ${name} (${role}). ${hint}`,
    missingHint:
      'The link may be wrong, or what it led to was deleted by a retention rule. If somebody shared it with you, ask an administrator which calls you may see.',
    refusedHint: 'If your work needs it, ask an administrator for a role that may.',
    back: 'Back to the inbox',
  },
})

/** Beside a form or a part of a page. */
export function ProblemAlert({ problem, retry }: { problem: Error; retry?: () => void }) {
  const t = useMessages(messages)
  return (
    <Alert
      type="error"
      showIcon
      role="alert"
      style={{ marginBottom: 16 }}
      title={problem.message}
      description={problem instanceof Problem ? problem.detail : undefined}
      action={
        retry && (
          <Button size="small" onClick={retry}>
            {t.again}
          </Button>
        )
      }
    />
  )
}

/** Instead of a whole page. Of what is refused or missing it is told who asked: that is often why. */
export function ProblemPage({ problem, retry }: { problem: Error; retry?: () => void }) {
  const t = useMessages(messages)
  const { person } = useMe()
  const role = useAccessWords()(person.role)
  const status = problem instanceof Problem ? problem.status : 500
  const known: Record<number, [string, string]> = {
    403: [t.refused, t.refusedHint],
    404: [t.missing, t.missingHint],
  }
  const [title, hint] = known[status] ?? [problem.message, problem instanceof Problem ? problem.detail : '']
  const shut = status in known
  return (
    <Result
      status="warning"
      icon={status === 403 ? <LockOutlined /> : status === 404 ? <FileSearchOutlined /> : undefined}
      className={shut ? 'problem-shut' : undefined}
      title={<h1 className="problem-title">{title}</h1>}
      subTitle={<p className="problem-hint">{shut ? t.who(person.name, role, hint ?? '') : hint}</p>}
      extra={shut ? <Link to="/inbox">{t.back}</Link> : retry && <Button onClick={retry}>{t.again}</Button>}
    />
  )
}
