/** Whether a webhook is told anything, and if not, why. */
import { CheckCircleOutlined, PauseCircleOutlined, WarningOutlined } from '@ant-design/icons'
import { Tag } from 'antd'
import type { Schemas } from '@/api/client'
import { useMessages } from '@/i18n'
import { messages } from './messages'

export function WebhookState({ hook }: { hook: Schemas['Webhook'] }) {
  const t = useMessages(messages)
  const { active, why, failures } = hook
  return (
    <>
      {active && (
        <Tag color="success" icon={<CheckCircleOutlined />} variant="filled">
          {t.active}
        </Tag>
      )}
      {!active && !why && <Tag icon={<PauseCircleOutlined />}>{t.paused}</Tag>}
      {!active && why && (
        <Tag color="error" icon={<WarningOutlined />} title={why}>
          {t.off}
        </Tag>
      )}
      {failures > 0 && <div>{t.failures(failures)}</div>}
    </>
  )
}
