/** States of a file, in words, colour and sign. */
import {
  CheckCircleOutlined,
  ClockCircleOutlined,
  CloseCircleOutlined,
  EyeOutlined,
  ForwardOutlined,
  StopOutlined,
  SyncOutlined,
} from '@ant-design/icons'
import { Tag } from 'antd'
import type { ReactNode } from 'react'
import { useMessages } from '@/i18n'
import { ledgerMessages } from './messages'

/** In the order in which a file goes through them. */
export const FILE_STATES = ['seen', 'stable', 'claimed', 'done', 'skipped', 'failed', 'quarantined'] as const
export type FileState = (typeof FILE_STATES)[number]

const UNDER_WAY = new Set<string>(['seen', 'stable', 'claimed'])
export const isUnderWay = (state: string) => UNDER_WAY.has(state)
/** What a person may begin again. */
export const isEnded = (state: string) => ['skipped', 'failed', 'quarantined'].includes(state)

const LOOKS: Record<FileState, [string, ReactNode]> = {
  seen: ['default', <EyeOutlined key="i" />],
  stable: ['default', <ClockCircleOutlined key="i" />],
  claimed: ['processing', <SyncOutlined key="i" />],
  done: ['success', <CheckCircleOutlined key="i" />],
  skipped: ['default', <ForwardOutlined key="i" />],
  failed: ['warning', <CloseCircleOutlined key="i" />],
  quarantined: ['error', <StopOutlined key="i" />],
}

export function isFileState(word: string | undefined): word is FileState {
  return FILE_STATES.includes(word as FileState)
}

export function StateTag({ state }: { state: string }) {
  const t = useMessages(ledgerMessages)
  if (!isFileState(state)) return <Tag>{state}</Tag>
  const [color, icon] = LOOKS[state]
  return (
    <Tag color={color} icon={icon} variant="filled" data-state={state}>
      {t[state]}
    </Tag>
  )
}
