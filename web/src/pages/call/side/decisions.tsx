/** Everything people decided on the call, the latest first; and a place for what no rubric asks. */
import { PlusOutlined } from '@ant-design/icons'
import { Button, Empty, Form, Input, Select } from 'antd'
import { useState } from 'react'
import type { Schemas } from '@/api/client'
import type { Held } from '@/components/review/held'
import { useWords } from '@/components/verdict'
import type { Named, TitleOf } from '../logic/marks'
import { type Item, keyOf } from '../logic/walk'
import { useTexts } from '../messages'
import { Decided, Pending } from '../score/history'

interface Props {
  decisions: Schemas['Decision'][]
  items: Item[]
  titleOf: TitleOf
  onNamed: (named: Named) => void
  /** Added by hand, and not on record yet. */
  adding: readonly Held[]
  /** Undefined for those who may not decide. */
  onAdd: ((decision: Schemas['NewDecision']) => void) | undefined
}

export function Decisions({ decisions, items, titleOf, onNamed, adding, onAdd }: Props) {
  const t = useTexts()
  const titles = new Map(items.map((item) => [item.key, item.finding.title]))
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be scrolled by keyboard too
    <div className="panel-body side" tabIndex={0}>
      {decisions.length + adding.length === 0 && (
        <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t.noHistory}>
          {onAdd && t.noHistoryHint}
        </Empty>
      )}
      {adding.toReversed().map(({ id, decision, criterion, verdict, comment }) => (
        <Pending
          key={id}
          decision={{ decision, verdict: verdict ?? 'not_met', comment: comment ?? '', held: true }}
          title={criterion}
        />
      ))}
      {decisions.toReversed().map((decision) => (
        <Decided
          key={decision.id}
          decision={decision}
          onTitle={() => onNamed(decision)}
          title={titleOf(decision, titles.get(keyOf(decision)) ?? decision.criterion)}
        />
      ))}
      {onAdd && <Manual onAdd={onAdd} />}
    </div>
  )
}

interface ManualFields {
  criterion: string
  verdict: string
  comment: string
}

function Manual({ onAdd }: { onAdd: (decision: Schemas['NewDecision']) => void }) {
  const t = useTexts()
  const words = useWords()
  const [open, setOpen] = useState(false)
  if (!open) {
    return (
      <Button size="small" icon={<PlusOutlined />} onClick={() => setOpen(true)}>
        {t.addManual}
      </Button>
    )
  }
  const save = (fields: ManualFields) => {
    onAdd({ rubric: 'manual', decision: 'manual', ...fields })
    setOpen(false)
  }
  return (
    <Form<ManualFields>
      layout="vertical"
      size="small"
      onFinish={save}
      initialValues={{ verdict: 'not_met' }}
      aria-label={t.addManual}
    >
      <Form.Item
        name="criterion"
        label={t.manualName}
        rules={[{ required: true, whitespace: true, max: 128 }]}
      >
        <Input autoFocus />
      </Form.Item>
      <Form.Item name="verdict" label={t.manualVerdict}>
        <Select options={['met', 'not_met'].map((value) => ({ value, label: words(value) }))} />
      </Form.Item>
      <Form.Item
        name="comment"
        label={t.manualComment}
        rules={[{ required: true, whitespace: true, max: 2000 }]}
      >
        <Input.TextArea autoSize />
      </Form.Item>
      <Button type="primary" htmlType="submit">
        {t.save}
      </Button>{' '}
      <Button onClick={() => setOpen(false)}>{t.cancel}</Button>
    </Form>
  )
}
