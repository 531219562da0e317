/** What one does with an alert: acknowledge it, say whether it was right, go to where it was raised. */
import {
  CheckOutlined,
  CustomerServiceOutlined,
  DislikeOutlined,
  ExportOutlined,
  LikeOutlined,
} from '@ant-design/icons'
import { Link } from '@tanstack/react-router'
import { Button, Flex, Input, Popover } from 'antd'
import { useState } from 'react'
import type { Alert } from '@/api/live'
import { useCan } from '@/app/session'
import { useAlertTexts } from './messages'
import { useAcknowledge, useFeedback, useGoesOn } from './use-alerts'

export function Acknowledge({ alert, onDone }: { alert: Alert; onDone?: () => void }) {
  const t = useAlertTexts()
  const acknowledge = useAcknowledge()
  return (
    <Button
      size="small"
      type="primary"
      icon={<CheckOutlined />}
      loading={acknowledge.isPending}
      onClick={() => acknowledge.mutate(alert, { onSuccess: onDone })}
    >
      {t.acknowledge}
    </Button>
  )
}

/** To the call while it goes on, else to its recording at that second. */
export function ToCall({ alert, onGo }: { alert: Alert; onGo?: () => void }) {
  const t = useAlertTexts()
  const can = useCan()
  const goesOn = useGoesOn(alert.call_id)
  if (goesOn) {
    return (
      <Link to="/live/$callId" params={{ callId: alert.call_id }} className="alert-go" onClick={onGo}>
        <CustomerServiceOutlined aria-hidden /> {can('live.listen') ? t.listen : t.openCall}
      </Link>
    )
  }
  const search = alert.start_s == null ? {} : { t: String(alert.start_s) }
  return (
    <Link
      to="/calls/$callId"
      params={{ callId: alert.call_id }}
      search={search}
      className="alert-go"
      onClick={onGo}
    >
      <ExportOutlined aria-hidden /> {t.openCall}
    </Link>
  )
}

/** Right, or a false alarm, and a word about it. */
export function Feedback({ alert }: { alert: Alert }) {
  const t = useAlertTexts()
  return (
    <Flex gap={4} role="group" aria-label={t.feedback}>
      <Say alert={alert} right icon={<LikeOutlined />} text={t.right} />
      <Say alert={alert} right={false} icon={<DislikeOutlined />} text={t.wrong} />
    </Flex>
  )
}

interface SayProps {
  alert: Alert
  right: boolean
  icon: React.ReactNode
  text: string
}

function Say({ alert, right, icon, text }: SayProps) {
  const t = useAlertTexts()
  const feedback = useFeedback()
  const [open, setOpen] = useState(false)
  const [note, setNote] = useState(alert.note ?? '')
  const said = alert.right === right
  const save = () => feedback.mutate({ alert, right, note: note.trim() }, { onSuccess: () => setOpen(false) })
  return (
    <Popover
      trigger="click"
      open={open}
      onOpenChange={setOpen}
      destroyOnHidden
      content={
        <form
          className="alert-note"
          onSubmit={(event) => {
            event.preventDefault()
            save()
          }}
        >
          <Input.TextArea
            autoFocus
            autoSize={{ minRows: 2, maxRows: 5 }}
            maxLength={1000}
            value={note}
            placeholder={t.note}
            aria-label={t.note}
            onChange={({ target }) => setNote(target.value)}
          />
          <Button size="small" type="primary" htmlType="submit" loading={feedback.isPending}>
            {text}
          </Button>
        </form>
      }
    >
      <Button
        size="small"
        type="text"
        icon={icon}
        aria-pressed={said}
        className={said ? 'alert-said' : undefined}
      >
        {text}
      </Button>
    </Popover>
  )
}
