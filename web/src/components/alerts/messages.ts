/** Texts of alerts, wherever they are shown. */
import { defineMessages, useMessages } from '@/i18n'

const alertMessages = defineMessages({
  zh: {
    acknowledge: '确认',
    acknowledgedAt: (who: string, at: string) => `${who} ${at} 确认`,
    escalated: (at: string) => `${at} 已升级`,
    cool_down: '冷却期内，未即时通知',
    budget: '超出通知上限，未即时通知',
    quiet_hours: '免打扰时段，未即时通知',
    heldBack: (why: string) => `未即时通知（${why}）`,
    right: '属实',
    wrong: '误报',
    wasRight: '已标记属实',
    wasWrong: '已标记误报',
    because: (what: string, note: string) => `${what}：${note}`,
    feedback: '这条告警属实吗？',
    note: '备注（可不填）',
    listen: '监听',
    openCall: '打开通话',
    noQuote: '由通话过程判定，没有对应原话',
    somebody: '其他人',
    you: '您',
  },
  en: {
    acknowledge: 'Acknowledge',
    acknowledgedAt: (who: string, at: string) => `Acknowledged by ${who} at ${at}`,
    escalated: (at: string) => `Escalated at ${at}`,
    cool_down: 'Not told at once: cool down',
    budget: 'Not told at once: too many in ten minutes',
    quiet_hours: 'Not told at once: quiet hours',
    heldBack: (why: string) => `Not told at once: ${why}`,
    right: 'Right',
    wrong: 'Wrong',
    wasRight: 'Marked as right',
    wasWrong: 'Marked as a false alarm',
    because: (what: string, note: string) => `${what}: ${note}`,
    feedback: 'Was it right?',
    note: 'Note (may stay empty)',
    listen: 'Listen',
    openCall: 'Open the call',
    noQuote: 'Concluded from how the call goes: no words to quote',
    somebody: 'somebody else',
    you: 'you',
  },
})

export const useAlertTexts = () => useMessages(alertMessages)
