/**
 * Where a person says what holds: agree at once, or a form for the rest. Quick reasons are taken by their number while
 * nothing is typed; Enter saves, Escape leaves. The page owns which form is open, so that its keys can open it.
 */
import { Button, Flex, Input, type InputRef, Segmented, Select } from 'antd'
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { useWords } from '@/components/verdict'
import { defineMessages, useMessages } from '@/i18n'
import './review.css'
import { alternatives, type Choice, complete, type Draft, opposite } from './verdicts'
import { useReviewWords } from './words'

const messages = defineMessages({
  zh: {
    decision: '复核结论',
    instead: '改判为',
    comment: '说明理由（推翻、无法评判时必填）',
    save: '保存',
    cancel: '取消',
    reasons: '常用理由',
    agree: '同意 (A)',
    overturn: '推翻 (O)',
    notAssessable: '无法评判 (N)',
    addComment: '批注 (C)',
    agree1: '证据确凿',
    agree2: '已与坐席核实',
    overturn1: '识别有误，原话并非如此',
    overturn2: '换了说法，意思已表达',
    overturn3: '语境不同，不算违规',
    overturn4: '不是坐席说的',
    overturn5: '此情形不要求',
    not_assessable1: '录音听不清',
    not_assessable2: '录音缺失或中断',
    not_assessable3: '需查业务系统才能判断',
  },
  en: {
    decision: 'Decision',
    instead: 'What holds instead',
    comment: 'Why (needed unless you agree)',
    save: 'Save',
    cancel: 'Cancel',
    reasons: 'Usual reasons',
    agree: 'Agree (A)',
    overturn: 'Overturn (O)',
    notAssessable: 'Not assessable (N)',
    addComment: 'Comment (C)',
    agree1: 'The evidence is clear',
    agree2: 'Checked with the agent',
    overturn1: 'Misheard: that was not said',
    overturn2: 'Said in other words',
    overturn3: 'Fine in this context',
    overturn4: 'It was not the agent',
    overturn5: 'Not required here',
    not_assessable1: 'Cannot be made out',
    not_assessable2: 'The recording has a gap',
    not_assessable3: 'Needs the business system',
  },
})

const CHOICES: Choice[] = ['agree', 'overturn', 'not_assessable']

function useReasons(choice: Choice): string[] {
  const t = useMessages(messages)
  const numbered = [1, 2, 3, 4, 5].map((n) => t[`${choice}${n}` as keyof typeof t])
  return numbered.filter((text) => text !== undefined) as string[]
}

interface ButtonsProps {
  busy?: boolean
  onAgree: () => void
  onOpen: (choice: Choice) => void
}

/** The four ways to say something, with their keys. */
export function DecisionButtons({ busy, onAgree, onOpen }: ButtonsProps) {
  const t = useMessages(messages)
  return (
    <Flex gap={6} wrap role="group" aria-label={t.decision}>
      <Button size="small" type="primary" loading={busy} onClick={onAgree}>
        {t.agree}
      </Button>
      <Button size="small" onClick={() => onOpen('overturn')}>
        {t.overturn}
      </Button>
      <Button size="small" onClick={() => onOpen('not_assessable')}>
        {t.notAssessable}
      </Button>
      <Button size="small" type="text" onClick={() => onOpen('agree')}>
        {t.addComment}
      </Button>
    </Flex>
  )
}

interface FormProps {
  /** What the machine said. */
  machine: string
  first: Choice
  /** What was said before, when it is changed. */
  comment?: string
  busy?: boolean
  onSave: (draft: Draft) => void
  onCancel: () => void
}

export function DecisionForm({ machine, first, comment: before = '', busy, onSave, onCancel }: FormProps) {
  const t = useMessages(messages)
  const words = useReviewWords()
  const verdicts = useWords()
  const [choice, setChoice] = useState<Choice>(first)
  const [verdict, setVerdict] = useState(opposite(machine) ?? alternatives(machine)[0])
  const [comment, setComment] = useState(before)
  const reasons = useReasons(choice)
  const input = useRef<InputRef>(null)
  const form = useRef<HTMLDivElement>(null)
  useEffect(() => {
    form.current?.scrollIntoView({ block: 'nearest' })
    input.current?.focus({ preventScroll: true })
  }, [])
  const draft: Draft = { choice, verdict, comment }
  const ready = complete(draft, machine)
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return
    const reason = comment === '' && /^[1-9]$/.test(event.key) ? reasons[Number(event.key) - 1] : undefined
    if (reason) setComment(reason)
    else if (event.key === 'Enter' && ready && !busy) onSave(draft)
    else if (event.key === 'Escape') onCancel()
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <div className="decision-form" ref={form}>
      <Flex gap={8} wrap align="center">
        <Segmented<Choice>
          size="small"
          aria-label={t.decision}
          value={choice}
          onChange={setChoice}
          options={CHOICES.map((value) => ({ value, label: words(value) }))}
        />
        {choice === 'overturn' && (
          <Select
            size="small"
            aria-label={t.instead}
            value={verdict}
            onChange={setVerdict}
            popupMatchSelectWidth={false}
            options={alternatives(machine).map((value) => ({ value, label: `→ ${verdicts(value)}` }))}
          />
        )}
      </Flex>
      <Input
        ref={input}
        value={comment}
        maxLength={2000}
        placeholder={t.comment}
        aria-label={t.comment}
        onChange={(event) => setComment(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <Flex gap={4} wrap role="group" aria-label={t.reasons}>
        {reasons.map((reason, ix) => (
          <button key={reason} type="button" className="decision-reason" onClick={() => setComment(reason)}>
            <kbd>{ix + 1}</kbd> {reason}
          </button>
        ))}
      </Flex>
      <Flex gap={8}>
        <Button size="small" type="primary" disabled={!ready} loading={busy} onClick={() => onSave(draft)}>
          {t.save} ↵
        </Button>
        <Button size="small" onClick={onCancel}>
          {t.cancel} Esc
        </Button>
      </Flex>
    </div>
  )
}
