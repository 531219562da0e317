/**
 * The alert bell: what was raised and waits for somebody; and each new alert as it is raised, with the words that raised
 * it. Where many come at once the newest are shown, and the bell counts the others.
 */
import { BellOutlined } from '@ant-design/icons'
import { Link } from '@tanstack/react-router'
import { Badge, Button, Empty, Flex, notification, Popover } from 'antd'
import { useCallback, useRef, useState } from 'react'
import { type Happening, useHappening } from '@/api/events'
import { useWatches } from '@/components/titles'
import { SeverityTag } from '@/components/verdict'
import { defineMessages, useMessages } from '@/i18n'
import { Acknowledge, ToCall } from './actions'
import { AlertAgent, AlertCard, AlertQuote } from './card'
import { asAlert, withToast } from './raised'
import { AlertTitle } from './title'
import { OPEN_MAX, useOpenAlerts } from './use-alerts'

const messages = defineMessages({
  zh: {
    bell: (n: number) => (n === 0 ? '告警：没有未确认的' : `告警：${n} 条未确认`),
    title: '未确认的告警',
    all: '查看全部告警',
    none: '没有未确认的告警',
  },
  en: {
    bell: (n: number) => (n === 0 ? 'Alerts: none open' : `Alerts: ${n} open`),
    title: 'Open alerts',
    all: 'All alerts',
    none: 'No open alerts',
  },
})

/** Of the open ones, as many are listed here. */
const LISTED = 20
/** A new alert stays in sight so long, in seconds; a critical one until somebody closes it. */
const SHOWN_S = 20
/** New alerts do not cover the head: the bell stays in reach. */
const BELOW_HEAD_PX = 60

export function AlertBell() {
  const t = useMessages(messages)
  const open = useOpenAlerts()
  const [shown, setShown] = useState(false)
  const toasts = useToasts()
  const alerts = open.data?.items ?? []
  const more = alerts.length >= OPEN_MAX || Boolean(open.data?.next)
  return (
    <>
      {toasts}
      <Popover
        trigger="click"
        placement="bottomRight"
        open={shown}
        onOpenChange={setShown}
        title={
          <Flex justify="space-between" align="center">
            {t.title}
            <Link to="/alerts" onClick={() => setShown(false)}>
              {t.all}
            </Link>
          </Flex>
        }
        content={
          <div className="alert-list">
            {alerts.length === 0 && <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t.none} />}
            {alerts.slice(0, LISTED).map((alert) => (
              <AlertCard key={alert.alert_id} alert={alert} goes onGo={() => setShown(false)} />
            ))}
          </div>
        }
      >
        <Badge
          count={more ? `${OPEN_MAX - 1}+` : alerts.length}
          size="small"
          offset={[-6, 8]}
          className="alert-bell"
        >
          <Button type="text" icon={<BellOutlined />} aria-label={t.bell(alerts.length)} />
        </Badge>
      </Popover>
    </>
  )
}

/** Drawn here, not by the whole app's: what stands in them knows who is logged in, and leads to pages. */
function useToasts() {
  // At hand before the first alert: its title would be seen to change.
  useWatches(true)
  const [toasts, holder] = notification.useNotification({ top: BELOW_HEAD_PX })
  const shown = useRef<string[]>([])
  const hear = useCallback(
    (event: Happening) => {
      const alert = asAlert(event)
      const over = event.kind === 'alert.acknowledged' || event.kind === 'alert.withdrawn'
      if (over && alert) toasts.destroy(alert.alert_id)
      if (event.kind !== 'alert.raised' || !alert) return
      const key = alert.alert_id
      const { keep, close } = withToast(shown.current, key)
      shown.current = keep
      for (const one of close) toasts.destroy(one)
      const gone = () => {
        shown.current = shown.current.filter((one) => one !== key)
      }
      const end = () => toasts.destroy(key)
      toasts.open({
        key,
        placement: 'topRight',
        duration: alert.severity === 'critical' ? 0 : SHOWN_S,
        showProgress: true,
        className: 'alert-toast',
        icon: <SeverityTag severity={alert.severity} />,
        title: <AlertTitle {...alert} />,
        description: (
          <>
            <AlertQuote alert={alert} />
            <AlertAgent alert={alert} />
          </>
        ),
        actions: (
          <Flex gap={12} align="center">
            <ToCall alert={alert} onGo={end} />
            <Acknowledge alert={alert} onDone={end} />
          </Flex>
        ),
        onClose: gone,
      })
    },
    [toasts],
  )
  useHappening(hear)
  return holder
}
