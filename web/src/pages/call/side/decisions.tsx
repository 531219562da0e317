/** Everything people decided on the call, the latest first; and a place for what no rubric asks. */
import { PlusOutlined } from '@ant-design/icons'
import { Button, Empty, Form, Input, Select } from 'antd'
import { useState } from 'react'
import type { Schemas } from '@/api/client'
import { useWords } from '@/components/verdict'
import type { Named, TitleOf } from '../logic/marks'
import { type Item, keyOf } from '../logic/walk'
import { useTexts } from '../messages'
import { Decided } from '../score/history'

interface Props {
  decisions: Schemas['Decision'][]
  items: Item[]
  titleOf: TitleOf
  onNamed: (named: Named) => void
  busy: boolean
  /** Undefined for those who may not decide. */
  onAdd: ((decision: Schemas['NewDecision']) => void) | undefined
}

export function Decisions({ decisions, items, titleOf, onNamed, busy, onAdd }: Props) {
  const t = useTexts()
  const titles = new Map(items.map((item) => [item.key, item.finding.title]))
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be scrolled by keyboard too
    <div className="panel-body side" tabIndex={0}>
      {decisions.length === 0 && (
        <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t.noHistory}>
          {onAdd && t.noHistoryHint}
        </Empty>
      )}
      {decisions.toReversed().map((decision) => (
        <Decided
          key={decision.id}
          decision={decision}
          onTitle={() => onNamed(decision)}
          title={titleOf(decision, titles.get(keyOf(decision)) ?? decision.criterion)}
        />
      ))}
      {onAdd && <Manual busy={busy} onAdd={onAdd} />}
    </div>
  )
}

interface ManualFields {
  criterion: string
  verdict: string
  comment: string
}

function Manual({ busy, onAdd }: { busy: boolean; onAdd: (decision: Schemas['NewDecision']) => void }) {
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
      <Button type="primary" htmlType="submit" loading={busy}>
        {t.save}
      </Button>{' '}
      <Button onClick={() => setOpen(false)}>{t.cancel}</Button>
    </Form>
  )
}
