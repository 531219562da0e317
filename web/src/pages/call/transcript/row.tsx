/** One row of the transcript: something said, something rejected, or a pause. */
import { memo, useMemo } from 'react'
import { useWords } from '@/components/verdict'
import { useLocale } from '@/i18n'
import type { PauseRow, RejectedRow, Row, SaidRow } from '../logic/lines'
import type { Named } from '../logic/marks'
import { useTexts } from '../messages'
import { useThePlayer } from '../player/use-player'
import { useReportWords } from '../report-words'
import { Chips } from './chips'
import { LivePieces, type Matched, Pieces } from './pieces'

interface Props {
  row: Row
  began: string | undefined
  ix: number
  top: number
  measure: (element: HTMLElement | null) => void
  current: boolean
  matches: Matched[] | undefined
  onNamed: (named: Named) => void
  onPlayed: () => void
}

export const RowView = memo(function RowView(props: Props) {
  const { row, ix, top, measure, current } = props
  const kind = row.kind === 'said' ? `said-row party-${row.party}` : `said-row said-${row.kind}`
  return (
    <li
      ref={measure}
      data-index={ix}
      className={kind}
      style={{ transform: `translateY(${top}px)` }}
      aria-current={current || undefined}
    >
      {row.kind === 'said' && <Said {...props} row={row} />}
      {row.kind === 'rejected' && <Rejected row={row} onPlayed={props.onPlayed} />}
      {(row.kind === 'silence' || row.kind === 'hold') && <Pause row={row} />}
    </li>
  )
})

function Place({ at, began, onPlayed }: { at: number; began?: string; onPlayed: () => void }) {
  const t = useTexts()
  const { format } = useLocale()
  const player = useThePlayer()
  const text = useMemo(() => {
    if (!began) return format.clock(at)
    return format.time(new Date(new Date(began).getTime() + at * 1000).toISOString())
  }, [at, began, format])
  return (
    <button
      type="button"
      className="said-time"
      aria-label={began ? text : t.playFrom(text)}
      onClick={() => {
        player.playFrom(at)
        onPlayed()
      }}
    >
      {text}
    </button>
  )
}

function Said({ row, began, current, matches, onNamed, onPlayed }: Props & { row: SaidRow }) {
  const words = useWords()
  const who = row.party === 'unknown' ? `${words('unknown')} ${row.speaker + 1}` : words(row.party)
  const common = { row, matches, onNamed, onPlayed }
  return (
    <>
      <Place at={row.start_s} began={began} onPlayed={onPlayed} />
      <div className="said-body">
        <span className="said-who">{who}</span>
        <p>{current ? <LivePieces {...common} /> : <Pieces {...common} at={-1} />}</p>
        <Chips marks={row.marks} onNamed={onNamed} />
      </div>
    </>
  )
}

function Rejected({ row, onPlayed }: { row: RejectedRow; onPlayed: () => void }) {
  const t = useTexts()
  const words = useWords()
  const code = useReportWords()
  const why = code('rejected', row.why)
  return (
    <>
      <Place at={row.start_s} onPlayed={onPlayed} />
      <div className="said-body" title={`${t.rejected}：${why}`}>
        <span className="said-who">{words(row.party)}</span>
        <p>
          <del>{row.text}</del> <small>{why}</small>
        </p>
      </div>
    </>
  )
}

function Pause({ row }: { row: PauseRow }) {
  const t = useTexts()
  const { format } = useLocale()
  const player = useThePlayer()
  const told = [t[row.kind], t.lasting(format.number(row.end_s - row.start_s, 1))]
  if (row.kind === 'silence') told.push(row.announced ? t.announced : t.unannounced)
  return (
    <button type="button" className="said-pause" onClick={() => player.playStretch(row)}>
      {told.join(' · ')}
    </button>
  )
}
