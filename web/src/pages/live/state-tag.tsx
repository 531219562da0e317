/** What a call does now: in an icon and a word. */
import {
  CustomerServiceOutlined,
  LoadingOutlined,
  LockOutlined,
  PauseCircleOutlined,
  PhoneOutlined,
} from '@ant-design/icons'
import { Tag } from 'antd'
import type { LiveState } from '@/api/live'
import { useLocale } from '@/i18n'
import { useLiveTexts } from './messages'

const LOOKS = {
  live: { color: 'success', icon: <PhoneOutlined /> },
  held: { color: 'warning', icon: <PauseCircleOutlined /> },
  paused: { color: 'processing', icon: <LockOutlined /> },
  ending: { color: 'default', icon: <LoadingOutlined /> },
} as const

export function StateTag({ state }: { state: LiveState }) {
  const t = useLiveTexts()
  const look = LOOKS[state] ?? LOOKS.live
  return (
    <Tag variant="filled" color={look.color} icon={look.icon} data-state={state}>
      {t[state in LOOKS ? state : 'live']}
    </Tag>
  )
}

/** Who else is on the call. */
export function Supervisors({ names }: { names: string[] }) {
  const t = useLiveTexts()
  const { language } = useLocale()
  if (names.length === 0) return null
  return (
    <span className="live-supervisors">
      <CustomerServiceOutlined aria-hidden /> {t.supervisedBy(new Intl.ListFormat(language).format(names))}
    </span>
  )
}
