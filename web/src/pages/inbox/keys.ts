/** The keys of the inbox; `?` shows them. */
import { useCan } from '@/app/session'
import { useKeys } from '@/components/keys'
import { pieceAt, sound } from '@/components/player'
import { useMessages } from '@/i18n'
import type { Call } from './calls'
import { messages } from './messages'
import type { Reviewing } from './use-reviewing'

interface Acts {
  call: Call | undefined
  work: Reviewing
  onOpen: () => void
  onMine: () => void
  onSettle: () => void
  onTick: () => void
  onFilter: () => void
  onRefresh: () => void
}

export function useInboxKeys(acts: Acts) {
  const t = useMessages(messages)
  const can = useCan()
  const { call, work } = acts
  const finding = work.item?.finding
  const play = () => {
    if (!call?.has_audio || finding?.start_s == null) return
    sound.toggle(pieceAt(call.id, finding.start_s, finding.end_s))
  }
  const opens = (choice: 'overturn' | 'not_assessable' | 'agree') => () => {
    if (work.item) work.setForm(choice)
  }
  const keys = [
    { keys: 'j', does: t.keyNext, run: () => work.move(1) },
    { keys: 'k', does: t.keyPrevious, run: () => work.move(-1) },
    { keys: 'Shift+J', does: t.keyNextCall, run: () => work.moveCall(1) },
    { keys: 'Shift+K', does: t.keyPreviousCall, run: () => work.moveCall(-1) },
  ]
  if (can('audio.play')) keys.push({ keys: 'p', does: t.keyPlay, run: play })
  if (can('decide')) {
    keys.push(
      { keys: 'a', does: t.keyAgree, run: () => work.decide({ choice: 'agree', comment: '' }) },
      { keys: 'o', does: t.keyOverturn, run: opens('overturn') },
      { keys: 'n', does: t.keyNot, run: opens('not_assessable') },
      { keys: 'c', does: t.keyComment, run: opens('agree') },
      { keys: 'u', does: t.keyUndo, run: () => work.undo() },
    )
  }
  if (can('assign')) {
    keys.push(
      { keys: 's', does: t.keySettle, run: acts.onSettle },
      { keys: 'e', does: t.keyMine, run: acts.onMine },
      { keys: 'x', does: t.keyTick, run: acts.onTick },
    )
  }
  keys.push(
    { keys: 'Enter', does: t.keyOpen, run: acts.onOpen },
    { keys: '/', does: t.keyFilter, run: acts.onFilter },
    { keys: 'r', does: t.keyRefresh, run: acts.onRefresh },
  )
  useKeys('inbox', keys)
}
