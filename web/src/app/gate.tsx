/** Lets nobody further who is not logged in: the first run's set-up, the log-in, or the app. */
import { Button, Result, Spin } from 'antd'
import type { ReactNode } from 'react'
import { defineMessages, useMessages } from '@/i18n'
import { LoginPage } from '@/pages/login'
import { MeProvider, useSession } from './session'

const messages = defineMessages({
  zh: { loading: '正在连接', again: '重试' },
  en: { loading: 'Connecting', again: 'Try again' },
})

export function Gate({ children }: { children: ReactNode }) {
  const t = useMessages(messages)
  const session = useSession()
  if (session.isPending) return <Spin fullscreen description={t.loading} />
  if (session.isError) {
    return (
      <Result
        status="warning"
        title={session.error.message}
        extra={<Button onClick={() => session.refetch()}>{t.again}</Button>}
      />
    )
  }
  if (!session.data) return <LoginPage />
  return <MeProvider me={session.data}>{children}</MeProvider>
}
