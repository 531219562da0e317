/** What changed at one place between two versions, in words. */
import { Tag, Typography } from 'antd'
import { useState } from 'react'
import { useWords } from '@/components/verdict'
import { useMessages } from '@/i18n'
import type { Change } from './changes'
import { messages } from './messages'
import type { NameOf } from './names'
import { Words } from './read'
import './change.css'

const CAME_OR_WENT: Record<string, string> = {
  criterion_added: 'success',
  section_added: 'success',
  criterion_removed: 'error',
  section_removed: 'error',
}

/** More phrases are counted until they are asked for. */
const PHRASES_SHOWN = 12

interface Props {
  of: string
  changes: Change[]
  nameOf: NameOf
}

export function PlaceChanged({ of, changes, nameOf }: Props) {
  const t = useMessages(messages)
  const name = nameOf(of)
  const whole = changes.find(({ change }) => change in CAME_OR_WENT)
  const parts = changes.filter((change) => change !== whole)
  return (
    <section className="rubric-change" aria-label={name}>
      <header>
        <b>{name}</b>
        {name !== of && <Typography.Text code>{of}</Typography.Text>}
        {whole && (
          <Tag variant="filled" color={CAME_OR_WENT[whole.change]}>
            {t[whole.change as 'criterion_added']}
          </Tag>
        )}
      </header>
      {parts.length > 0 && (
        <dl>
          {parts.map((change) => (
            <Part key={change.change + (change.name ?? '')} change={change} nameOf={nameOf} />
          ))}
        </dl>
      )}
    </section>
  )
}

function Part({ change, nameOf }: { change: Change; nameOf: NameOf }) {
  const t = useMessages(messages)
  const words = useWords()
  const { name } = change
  const key = `of_${name}`
  const label = change.change === 'phrases' ? t.phrases : key in t ? t[key as 'of_title'] : (name ?? '')
  const value = (text: string | null | undefined) => {
    if (!text) return '—'
    if (name === 'severity') return words(text === 'critical' ? 'criticalSeverity' : text)
    return name === 'section' ? nameOf(text) : text
  }
  return (
    <>
      <dt>{label}</dt>
      <dd>
        {change.change === 'value' &&
          // Dialogues are long, and the file itself tells them better.
          (change.of === 'tests' ? (
            t.changedText
          ) : (
            <>
              <del>{value(change.before)}</del> → <ins>{value(change.after)}</ins>
            </>
          ))}
        {change.change === 'condition' && (
          <div className="rubric-both">
            {change.before_condition && (
              <del>
                <Words condition={change.before_condition} />
              </del>
            )}
            {change.after_condition && (
              <ins>
                <Words condition={change.after_condition} />
              </ins>
            )}
          </div>
        )}
        {change.change === 'phrases' && <Phrases added={change.added ?? []} removed={change.removed ?? []} />}
      </dd>
    </>
  )
}

function Phrases({ added, removed }: { added: string[]; removed: string[] }) {
  const t = useMessages(messages)
  const [all, setAll] = useState(false)
  const phrases = [
    ...removed.map((phrase) => [phrase, false] as const),
    ...added.map((phrase) => [phrase, true] as const),
  ]
  const hidden = all ? 0 : Math.max(0, phrases.length - PHRASES_SHOWN)
  return (
    <span className="rubric-phrases">
      {phrases
        .slice(0, phrases.length - hidden)
        .map(([phrase, isNew]) =>
          isNew ? <ins key={`+${phrase}`}>{phrase}</ins> : <del key={`-${phrase}`}>{phrase}</del>,
        )}
      {hidden > 0 && (
        <Typography.Link onClick={() => setAll(true)} role="button">
          {t.morePhrases(hidden)}
        </Typography.Link>
      )}
    </span>
  )
}
