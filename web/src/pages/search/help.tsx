/** The language on a card: what to write, what it finds. A click tries it. */
import { QuestionCircleOutlined } from '@ant-design/icons'
import { Button, Popover } from 'antd'
import { useState } from 'react'
import { useLocale, useMessages } from '@/i18n'
import { messages } from './messages'

const EXAMPLES = {
  zh: [
    ['投诉 退款', '两者都说过'],
    ['投诉 OR 退款', '说过其中之一'],
    ['投诉 -退款', '说过前者，没说过后者'],
    ['"不归我管"', '这几个字连续出现'],
    ['~投诉', '读音相近，如“头塑”'],
    ['词:和服', '作为一个词，不含“产品和服务”'],
    ['坐席:您好', '坐席说的；客户: 同理'],
    ['投诉 NEAR/5 处理', '同一轮话里相隔不超过 5 个字'],
    ['投诉 BEFORE 抱歉 within 30秒', '先后说到，相隔 30 秒以内'],
    ['信用 NOT IN 信用卡', '不作为“信用卡”的一部分'],
    ['开头:30秒(您好)', '通话开头 30 秒里；结尾: 同理'],
  ],
  en: [
    ['refund voucher', 'both are said'],
    ['refund OR voucher', 'one of them is'],
    ['refund -voucher', 'the first is said, the second is not'],
    ['"not my job"', 'exactly these words in a row'],
    ['~refund', 'what sounds like it'],
    ['word:和服', 'a Chinese word of its own'],
    ['agent:hello', 'said by the agent; customer: likewise'],
    ['order NEAR/5 late', 'at most 5 words between, in one turn'],
    ['complaint BEFORE sorry within 30s', 'one after the other, within 30 s'],
    ['card NOT IN "credit card"', 'not as a part of it'],
    ['first:30s(hello)', 'in the first 30 s; last: likewise'],
  ],
} as const

export function QueryHelp({ onTry }: { onTry: (query: string) => void }) {
  const t = useMessages(messages)
  const { chinese } = useLocale()
  const [open, setOpen] = useState(false)
  const card = (
    <dl className="query-help">
      {EXAMPLES[chinese ? 'zh' : 'en'].map(([query, finds]) => (
        <div key={query}>
          <dt>
            <button
              type="button"
              onClick={() => {
                setOpen(false)
                onTry(query)
              }}
            >
              {query}
            </button>
          </dt>
          <dd>{finds}</dd>
        </div>
      ))}
    </dl>
  )
  return (
    <Popover trigger="click" placement="bottomRight" content={card} open={open} onOpenChange={setOpen}>
      <Button type="text" icon={<QuestionCircleOutlined />}>
        {t.help}
      </Button>
    </Popover>
  )
}
