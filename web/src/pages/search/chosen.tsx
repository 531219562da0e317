/** The filters that hold, each with a way to drop it. */
import { Button, Tag } from 'antd'
import { useLocale, useMessages } from '@/i18n'
import { FACTS, type Fact, type Search, toggled } from './address'
import { messages } from './messages'
import { useFactWord, useValueWord } from './words'

interface Props {
  search: Search
  onChange: (search: Search) => void
}

export function Chosen({ search, onChange }: Props) {
  const t = useMessages(messages)
  const { format } = useLocale()
  const { facts, from, to } = search
  const dates = from || to
  if (!dates && Object.keys(facts).length === 0) return null
  return (
    <div className="chosen">
      {dates && (
        <Dropped
          text={format.named(t.dates, `${from ?? '…'} – ${to ?? '…'}`)}
          onDrop={() => onChange({ ...search, from: undefined, to: undefined })}
        />
      )}
      {FACTS.flatMap((fact) =>
        (facts[fact] ?? []).map((value) => (
          <ChosenValue
            key={`${fact}:${value}`}
            fact={fact}
            value={value}
            onDrop={() => onChange(toggled(search, fact, value))}
          />
        )),
      )}
      <Button
        type="link"
        size="small"
        onClick={() => onChange({ ...search, facts: {}, from: undefined, to: undefined })}
      >
        {t.clearAll}
      </Button>
    </div>
  )
}

function ChosenValue({ fact, value, onDrop }: { fact: Fact; value: string; onDrop: () => void }) {
  const name = useFactWord()
  const word = useValueWord(fact)
  return <Dropped text={`${name(fact)}: ${word(value)}`} onDrop={onDrop} />
}

function Dropped({ text, onDrop }: { text: string; onDrop: () => void }) {
  const t = useMessages(messages)
  return (
    <Tag closable={{ 'aria-label': t.removeFilter(text) }} onClose={onDrop} variant="outlined">
      {text}
    </Tag>
  )
}
