/** Verdicts, severities and roles in words and colours: never by colour alone. */
import {
  CheckCircleOutlined,
  CloseCircleOutlined,
  InfoCircleOutlined,
  MinusCircleOutlined,
  QuestionCircleOutlined,
  StopOutlined,
  WarningOutlined,
} from '@ant-design/icons'
import { Tag } from 'antd'
import { defineMessages, useMessages } from '@/i18n'

const messages = defineMessages({
  zh: {
    pass: '合格',
    fail: '不合格',
    critical: '致命不合格',
    undetermined: '无法判定',
    not_applicable: '不适用',
    met: '符合',
    not_met: '不符合',
    not_assessable: '无法评判',
    info: '提示',
    minor: '一般',
    major: '严重',
    criticalSeverity: '致命',
    agent: '坐席',
    customer: '客户',
    unknown: '未知',
    open: '待复核',
    in_review: '复核中',
    settled: '已复核',
  },
  en: {
    pass: 'Pass',
    fail: 'Fail',
    critical: 'Auto-fail',
    undetermined: 'Undetermined',
    not_applicable: 'Not applicable',
    met: 'Met',
    not_met: 'Not met',
    not_assessable: 'Not assessable',
    info: 'Info',
    minor: 'Minor',
    major: 'Major',
    criticalSeverity: 'Critical',
    agent: 'Agent',
    customer: 'Customer',
    unknown: 'Unknown',
    open: 'To review',
    in_review: 'In review',
    settled: 'Settled',
  },
})

type Word = keyof (typeof messages)['zh']

/** Words of verdicts, severities, roles and review states. */
export function useWords(): (word: string) => string {
  const t = useMessages(messages)
  return (word) => (word in t ? t[word as Word] : word)
}

const LOOKS: Record<string, { color: string; icon: React.ReactNode }> = {
  pass: { color: 'success', icon: <CheckCircleOutlined /> },
  met: { color: 'success', icon: <CheckCircleOutlined /> },
  fail: { color: 'warning', icon: <CloseCircleOutlined /> },
  not_met: { color: 'error', icon: <CloseCircleOutlined /> },
  critical: { color: 'error', icon: <StopOutlined /> },
  undetermined: { color: 'default', icon: <QuestionCircleOutlined /> },
  not_assessable: { color: 'default', icon: <QuestionCircleOutlined /> },
  not_applicable: { color: 'default', icon: <MinusCircleOutlined /> },
}

/** A call's or a criterion's verdict. */
export function VerdictTag({ verdict }: { verdict: string }) {
  const words = useWords()
  const look = LOOKS[verdict]
  return (
    <Tag color={look?.color} icon={look?.icon} variant="filled" data-verdict={verdict}>
      {words(verdict)}
    </Tag>
  )
}

const SEVERITIES: Record<string, { color?: string; icon: React.ReactNode }> = {
  critical: { color: 'error', icon: <StopOutlined /> },
  major: { color: 'warning', icon: <WarningOutlined /> },
  minor: { icon: <InfoCircleOutlined /> },
}

export function SeverityTag({ severity }: { severity: string }) {
  const words = useWords()
  const look = SEVERITIES[severity]
  return (
    <Tag color={look?.color} icon={look?.icon} variant="outlined">
      {words(severity === 'critical' ? 'criticalSeverity' : severity)}
    </Tag>
  )
}
