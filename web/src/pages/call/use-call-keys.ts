/** The workbench's keys. */
import { useKeys } from '@/components/keys'
import { useTexts } from './messages'
import type { Player } from './player/player'
import type { Findings } from './use-findings'

interface Props {
  player: Player
  findings: Findings
  playChosen: () => void
  share: () => void
  mayDecide: boolean
}

export function useCallKeys({ player, findings, playChosen, share, mayDecide }: Props) {
  const t = useTexts()
  useKeys('call', [
    { keys: 'Space', does: t.playPause, run: () => player.toggle() },
    { keys: 'ArrowLeft', does: t.back5, run: () => player.seek(player.at - 5) },
    { keys: 'ArrowRight', does: t.forward5, run: () => player.seek(player.at + 5) },
    { keys: 'Shift+>', does: t.faster, run: () => player.changeRate(1) },
    { keys: 'Shift+<', does: t.slower, run: () => player.changeRate(-1) },
    { keys: 's', does: t.skipSilence, run: () => player.setSkipping(!player.state.skipping) },
    { keys: 'l', does: t.loop, run: () => player.setLooping(!player.state.looping) },
    { keys: 'j', does: t.next, run: () => findings.move(1) },
    { keys: 'k', does: t.previous, run: () => findings.move(-1) },
    { keys: 'p', does: t.playEvidence, run: playChosen },
    { keys: 'Enter', does: t.playEvidence, run: playChosen },
    { keys: 'y', does: t.share, run: share },
  ])
  useKeys(
    'call decide',
    [
      { keys: 'a', does: t.agreeKey, run: () => findings.decide({ choice: 'agree', comment: '' }) },
      { keys: 'o', does: t.overturnKey, run: () => findings.open('overturn') },
      { keys: 'n', does: t.notAssessableKey, run: () => findings.open('not_assessable') },
      { keys: 'u', does: t.undoKey, run: () => findings.undo() },
      { keys: 'c', does: t.commentKey, run: () => findings.open('agree') },
    ],
    mayDecide,
  )
}
