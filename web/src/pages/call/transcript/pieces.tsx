/** The words of a row. Clicking one plays from there; the row that is being said follows by the word. */
import { type MouseEvent, memo } from 'react'
import { useLocale } from '@/i18n'
import type { Piece, SaidRow } from '../logic/lines'
import { during } from '../logic/time'
import { useTexts } from '../messages'
import { usePlace, useThePlayer } from '../player/use-player'

export interface Matched {
  first: number
  last: number
  now: boolean
}

interface Props {
  row: SaidRow
  matches: Matched[] | undefined
  onPlayed: () => void
}

function classOf(piece: Piece, spoken: boolean, match: Matched | undefined): string | undefined {
  const names = []
  if (spoken) names.push('w-now')
  if (piece.pii) names.push('w-pii')
  else if (piece.low) names.push('w-low')
  if (piece.mark) names.push(`w-mark w-${piece.mark.verdict}`)
  if (match) names.push(match.now ? 'w-found w-found-now' : 'w-found')
  return names.length > 0 ? names.join(' ') : undefined
}

/** `at`: the piece that is being said; -1: none. */
export const Pieces = memo(function Pieces({ row, matches, onPlayed, at }: Props & { at: number }) {
  const t = useTexts()
  const { format } = useLocale()
  const player = useThePlayer()
  const play = (event: MouseEvent) => {
    // Selecting text is no click on a word.
    if (String(window.getSelection())) return
    const ix = (event.target as HTMLElement).dataset.w
    if (ix === undefined) return
    player.playFrom(row.pieces[Number(ix)]!.start_s)
    onPlayed()
  }
  const title = (piece: Piece) => {
    const told = []
    if (piece.mark) told.push(piece.mark.title)
    if (piece.pii) told.push(t.masked)
    else if (piece.low) told.push(t.low(format.percent(piece.confidence, 0)))
    return told.length > 0 ? told.join(' · ') : undefined
  }
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the row's time is a button for the keyboard
    // biome-ignore lint/a11y/noStaticElementInteractions: so it is
    <span onClick={play} className="said-words">
      {row.pieces.map((piece, ix) => (
        <span
          // biome-ignore lint/suspicious/noArrayIndexKey: words of a row never change places
          key={ix}
          data-w={ix}
          className={classOf(
            piece,
            ix === at,
            matches?.find((one) => ix >= one.first && ix <= one.last),
          )}
          title={title(piece)}
        >
          {piece.text}
        </span>
      ))}
    </span>
  )
})

export function LivePieces(props: Props) {
  const { row } = props
  const at = usePlace((at) => (row.timed ? during(row.pieces, at) : -1))
  return <Pieces {...props} at={at} />
}
