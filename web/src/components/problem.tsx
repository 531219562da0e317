/** What went wrong, in the words of the service, with a way on where there is one. */
import { Alert, Button, Result } from 'antd'
import type { ReactNode } from 'react'
import { Problem } from '@/api/client'
import { defineMessages, useMessages } from '@/i18n'

const messages = defineMessages({
  zh: { again: '重试', missing: '这里没有内容，或不在您的数据范围内', refused: '您没有权限查看这里' },
  en: {
    again: 'Try again',
    missing: 'There is nothing here, or it lies outside what you may see',
    refused: 'You have no leave to see this',
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

/** Instead of a whole page. */
export function ProblemPage({ problem, retry }: { problem: Error; retry?: () => void }) {
  const t = useMessages(messages)
  const status = problem instanceof Problem ? problem.status : 500
  const known: Record<number, ReactNode> = { 403: t.refused, 404: t.missing }
  return (
    <Result
      status={status === 403 || status === 404 ? status : 'warning'}
      title={known[status] ?? problem.message}
      subTitle={problem instanceof Problem ? problem.detail : undefined}
      extra={retry && <Button onClick={retry}>{t.again}</Button>}
    />
  )
}
