/** The own account: who one is here, password, tokens, language and look. */
import { Card, Descriptions, Flex, Form, Radio } from 'antd'
import { useAppearance } from '@/app/appearance'
import { useMe } from '@/app/session'
import { useAccessWords } from '@/components/access-words'
import { PageHead } from '@/components/page'
import { ScopeText } from '@/components/scope-text'
import { TokenList } from '@/components/tokens'
import { useLocale, useMessages } from '@/i18n'
import { MakeToken } from './make-token'
import { messages } from './messages'
import { PasswordForm } from './password'
import './account.css'

export function AccountPage() {
  const t = useMessages(messages)
  const me = useMe()
  return (
    <>
      <PageHead title={t.title} />
      <div className="account">
        <div className="account-column">
          <Card title={t.who}>
            <Who />
          </Card>
          <Card title={t.preferences}>
            <Look />
          </Card>
        </div>
        <Card title={t.password}>
          <PasswordForm />
        </Card>
        <Card title={t.tokens} extra={<MakeToken />} className="account-wide">
          <p className="account-hint">{t.tokensHint}</p>
          <TokenList person={me.person.id} />
        </Card>
      </div>
    </>
  )
}

function Who() {
  const t = useMessages(messages)
  const words = useAccessWords()
  const { login, name, role, scope } = useMe().person
  return (
    <Descriptions
      column={1}
      size="small"
      items={[
        { label: t.name, children: name },
        { label: t.login, children: login },
        { label: t.role, children: words(role) },
        { label: t.scope, children: <ScopeText scope={scope} /> },
      ]}
    />
  )
}

function Look() {
  const t = useMessages(messages)
  const { language, setLanguage } = useLocale()
  const { scheme, setScheme } = useAppearance()
  return (
    <Flex vertical>
      <Form.Item label={t.language} layout="vertical">
        <Radio.Group
          aria-label={t.language}
          optionType="button"
          value={language}
          onChange={({ target }) => setLanguage(target.value)}
          options={[
            { value: 'zh-CN', label: '简体中文' },
            { value: 'en-US', label: 'English' },
          ]}
        />
      </Form.Item>
      <Form.Item label={t.look} layout="vertical" extra={t.preferencesHint}>
        <Radio.Group
          aria-label={t.look}
          optionType="button"
          value={scheme}
          onChange={({ target }) => setScheme(target.value)}
          options={[
            { value: 'light', label: t.light },
            { value: 'dark', label: t.dark },
          ]}
        />
      </Form.Item>
    </Flex>
  )
}
