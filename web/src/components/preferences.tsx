/** Language and light or dark: two buttons, the same everywhere. */
import { GlobalOutlined, MoonOutlined, SunOutlined } from '@ant-design/icons'
import { Button, Space, Tooltip } from 'antd'
import { useAppearance } from '@/app/appearance'
import { defineMessages, useLocale, useMessages } from '@/i18n'

const messages = defineMessages({
  zh: { other: 'English', language: '切换为英文', dark: '切换为深色', light: '切换为浅色' },
  en: { other: '中文', language: 'Switch to Chinese', dark: 'Switch to dark', light: 'Switch to light' },
})

export function Preferences() {
  const t = useMessages(messages)
  const { chinese, setLanguage } = useLocale()
  const { scheme, setScheme } = useAppearance()
  const dark = scheme === 'dark'
  const turn = dark ? t.light : t.dark
  return (
    <Space size={4}>
      <Button
        type="text"
        icon={<GlobalOutlined />}
        aria-label={t.language}
        onClick={() => setLanguage(chinese ? 'en-US' : 'zh-CN')}
      >
        {t.other}
      </Button>
      <Tooltip title={turn}>
        <Button
          type="text"
          icon={dark ? <SunOutlined /> : <MoonOutlined />}
          aria-label={turn}
          onClick={() => setScheme(dark ? 'light' : 'dark')}
        />
      </Tooltip>
    </Space>
  )
}
