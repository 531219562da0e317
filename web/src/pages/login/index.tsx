/** Log in; or, on a service that has no people yet, make its first administrator. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Card, Divider, Form, Input, Typography } from 'antd'
import { api, data } from '@/api/client'
import { become, type Me } from '@/app/session'
import { Preferences } from '@/components/preferences'
import { ProblemAlert } from '@/components/problem'
import { defineMessages, useMessages } from '@/i18n'
import './login.css'

const messages = defineMessages({
  zh: {
    product: '聆听',
    tagline: '每一个结论，都能听到证据',
    login: '用户名',
    password: '密码',
    logIn: '登录',
    or: '或',
    through: (name: string) => `使用 ${name} 登录`,
    setUp: '初始化系统',
    setUpHint: '系统还没有账号。请输入启动服务时终端里显示的初始化代码，并设置第一个管理员。',
    code: '初始化代码',
    name: '姓名',
    passwordHint: '至少 10 个字符，不能包含用户名',
    create: '创建管理员并登录',
    required: (what: string) => `请输入${what}`,
  },
  en: {
    product: 'Lingting',
    tagline: 'No verdict without proof you can hear',
    login: 'User name',
    password: 'Password',
    logIn: 'Log in',
    or: 'or',
    through: (name: string) => `Log in with ${name}`,
    setUp: 'Set up this service',
    setUpHint:
      'There are no accounts yet. Enter the set-up code that was printed where the service was started, and make the first administrator.',
    code: 'Set-up code',
    name: 'Name',
    passwordHint: 'At least 10 characters, without the user name in it',
    create: 'Make administrator and log in',
    required: (what: string) => `${what} is needed`,
  },
})

export function LoginPage() {
  const t = useMessages(messages)
  const setup = useQuery({ queryKey: ['setup'], queryFn: () => data(api.GET('/api/v1/setup')) })
  return (
    <main className="login">
      <div className="login-preferences">
        <Preferences />
      </div>
      <Card className="login-card">
        <Typography.Title level={1} className="login-title">
          <img src="/icon.svg" alt="" width={36} height={36} /> {t.product}
        </Typography.Title>
        <Typography.Paragraph type="secondary">{t.tagline}</Typography.Paragraph>
        {setup.isError && <ProblemAlert problem={setup.error} retry={() => setup.refetch()} />}
        {setup.data?.needed && <SetUp />}
        {setup.data && !setup.data.needed && <LogIn signOn={setup.data.sign_on ?? undefined} />}
      </Card>
    </main>
  )
}

function useEntered() {
  const client = useQueryClient()
  return (me: Me) => become(client, me)
}

function LogIn({ signOn }: { signOn: string | undefined }) {
  const t = useMessages(messages)
  const entered = useEntered()
  const logIn = useMutation({
    mutationFn: (body: { login: string; password: string }) => data(api.POST('/api/v1/session', { body })),
    onSuccess: entered,
  })
  return (
    <Form layout="vertical" requiredMark={false} onFinish={logIn.mutate} disabled={logIn.isPending}>
      <Form.Item name="login" label={t.login} rules={[{ required: true, message: t.required(t.login) }]}>
        <Input autoFocus autoComplete="username" />
      </Form.Item>
      <Form.Item
        name="password"
        label={t.password}
        rules={[{ required: true, message: t.required(t.password) }]}
      >
        <Input.Password autoComplete="current-password" />
      </Form.Item>
      {logIn.isError && <ProblemAlert problem={logIn.error} />}
      <Button type="primary" htmlType="submit" block size="large" loading={logIn.isPending}>
        {t.logIn}
      </Button>
      {signOn && (
        <>
          <Divider plain>{t.or}</Divider>
          <Button block size="large" href="/api/v1/session/oidc">
            {t.through(signOn)}
          </Button>
        </>
      )}
    </Form>
  )
}

function SetUp() {
  const t = useMessages(messages)
  const entered = useEntered()
  const setUp = useMutation({
    mutationFn: (body: { code: string; login: string; name: string; password: string }) =>
      data(api.POST('/api/v1/setup', { body })),
    onSuccess: entered,
  })
  const needed = (what: string) => [{ required: true, message: t.required(what) }]
  return (
    <Form layout="vertical" requiredMark={false} onFinish={setUp.mutate} disabled={setUp.isPending}>
      <Alert type="info" showIcon title={t.setUp} description={t.setUpHint} className="login-hint" />
      <Form.Item name="code" label={t.code} rules={needed(t.code)}>
        <Input autoFocus autoComplete="one-time-code" />
      </Form.Item>
      <Form.Item name="name" label={t.name} rules={needed(t.name)}>
        <Input autoComplete="name" />
      </Form.Item>
      <Form.Item name="login" label={t.login} rules={needed(t.login)}>
        <Input autoComplete="username" />
      </Form.Item>
      <Form.Item name="password" label={t.password} extra={t.passwordHint} rules={needed(t.password)}>
        <Input.Password autoComplete="new-password" />
      </Form.Item>
      {setUp.isError && <ProblemAlert problem={setUp.error} />}
      <Button type="primary" htmlType="submit" block size="large" loading={setUp.isPending}>
        {t.create}
      </Button>
    </Form>
  )
}
