/** Lets nobody further who is not logged in: the first run's set-up, the log-in, or the app. */
import { useQueryClient } from '@tanstack/react-query'
import { Button, Result, Spin } from 'antd'
import { type ReactNode, useEffect } from 'react'
import { defineMessages, useLocale, useMessages } from '@/i18n'
import { LoginPage } from '@/pages/login'
import { MeProvider, useSession } from './session'

const messages = defineMessages({
  zh: { loading: '正在连接', again: '重试' },
  en: { loading: 'Connecting', again: 'Try again' },
})

/** The service tells problems in the language that was asked in: after a change of it they are asked for again. */
function useProblemsRetold() {
  const { language } = useLocale()
  const client = useQueryClient()
  // biome-ignore lint/correctness/useExhaustiveDependencies: the change of it is what matters
  useEffect(() => {
    void client.resetQueries({ predicate: ({ state }) => state.status === 'error' })
  }, [client, language])
}

export function Gate({ children }: { children: ReactNode }) {
  const t = useMessages(messages)
  const session = useSession()
  useProblemsRetold()
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
