/** The calls that answer, a page of them; or why there are none. */
import { Link } from '@tanstack/react-router'
import { Button, Empty, Flex, Skeleton } from 'antd'
import type { Schemas } from '@/api/client'
import { useCan } from '@/app/session'
import { useMessages } from '@/i18n'
import { messages } from './messages'
import { Result } from './result'

interface Props {
  answer: Schemas['SearchAnswer'] | undefined
  /** Of another question, still shown while this one is asked. */
  old: boolean
  /** Nothing is asked and nothing narrows: what is missing is calls. */
  plain: boolean
  onSounds: (() => void) | undefined
}

export function Results({ answer, old, plain, onSounds }: Props) {
  if (!answer) return <Waiting />
  if (answer.calls.length === 0) return <Nothing plain={plain} onSounds={onSounds} />
  return (
    <div className="results" aria-busy={old} data-old={old}>
      {answer.calls.map((found) => (
        <Result key={found.call_id} found={found} />
      ))}
    </div>
  )
}

function Waiting() {
  return (
    <div className="results">
      {[0, 1, 2, 3].map((n) => (
        <div className="result" key={n}>
          <Skeleton active title={{ width: '40%' }} paragraph={{ rows: 2 }} />
        </div>
      ))}
    </div>
  )
}

function Nothing({ plain, onSounds }: Pick<Props, 'plain' | 'onSounds'>) {
  const t = useMessages(messages)
  const can = useCan()
  return (
    <Empty
      className="nothing"
      description={
        <>
          <b>{plain ? t.empty : t.nothing}</b>
          <br />
          {plain ? t.emptyHint : t.nothingHint}
        </>
      }
    >
      {plain && can('ledger.read') && <Link to="/ingest">{t.toIngest}</Link>}
      {!plain && onSounds && <Button onClick={onSounds}>{t.trySounds}</Button>}
    </Empty>
  )
}

interface PagesProps {
  page: number
  onPrevious: (() => void) | undefined
  onNext: (() => void) | undefined
}

export function Pages({ page, onPrevious, onNext }: PagesProps) {
  const t = useMessages(messages)
  if (page === 1 && !onNext) return null
  return (
    <Flex gap={12} align="center" justify="center" className="pages">
      <Button disabled={!onPrevious} onClick={onPrevious}>
        {t.previous}
      </Button>
      <span>{t.page(page)}</span>
      <Button disabled={!onNext} onClick={onNext}>
        {t.next}
      </Button>
    </Flex>
  )
}
