/** What is wrong with a query, at its place, and what to write instead. */
import { Button } from 'antd'
import { useMessages } from '@/i18n'
import { messages } from './messages'
import { type Fault, faultyPart, mended } from './query'

interface Props {
  id: string
  /** As it was asked. */
  text: string
  fault: Fault
  onMend: (text: string) => void
  onGo: (place: number) => void
}

export function QueryFault({ id, text, fault, onMend, onGo }: Props) {
  const t = useMessages(messages)
  const { from, to } = faultyPart(text, fault)
  const better = mended(text, fault)
  return (
    <div className="fault" role="alert" id={id}>
      <div className="fault-query">
        {text.slice(0, from)}
        <mark className="fault-part" title={t.faultHere}>
          {text.slice(from, to) || '\u00a0'}
        </mark>
        {text.slice(to)}
      </div>
      <div className="fault-what">
        <span>{fault.what}</span>
        {better !== undefined && (
          <Button size="small" onClick={() => onMend(better)}>
            {t.meant(fault.instead ?? '')}
          </Button>
        )}
        {better === undefined && fault.instead && <code>{fault.instead}</code>}
        <Button size="small" type="link" onClick={() => onGo(from)}>
          {t.goThere}
        </Button>
      </div>
    </div>
  )
}
