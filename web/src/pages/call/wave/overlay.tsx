/** Over the waveform: the evidence that is looked at, and what the pointer is on. */
import { useWords } from '@/components/verdict'
import { useLocale } from '@/i18n'
import type { EventMark, EvidenceMark } from '../logic/marks'
import { type Evidence, type Leg, placed } from '../logic/report'
import { type View, xOf } from '../logic/view'
import { useTexts } from '../messages'
import { useReportWords } from '../report-words'
import { LANE, STRIP } from './draw'

interface ChosenProps {
  evidence: readonly Evidence[]
  legs: readonly Leg[]
  view: View
  width: number
}

export function Chosen({ evidence, legs, view, width }: ChosenProps) {
  return evidence.filter(placed).map((one, number) => {
    if (one.end_s < view.from || one.start_s > view.to) return null
    const ix = legs.findIndex((leg) => leg.leg === one.leg)
    const [left, right] = [xOf(view, width, one.start_s), xOf(view, width, one.end_s)].map((x) =>
      Math.min(Math.max(x, 0), width),
    ) as [number, number]
    return (
      <div
        // biome-ignore lint/suspicious/noArrayIndexKey: evidence of a report never changes places
        key={number}
        className={one.kind === 'absence' ? 'wave-chosen wave-window' : 'wave-chosen'}
        style={{
          left,
          width: Math.max(right - left, 3),
          top: ix < 0 ? STRIP : STRIP + LANE * ix,
          height: ix < 0 ? LANE * Math.max(legs.length, 1) : LANE,
        }}
      />
    )
  })
}

interface TipProps {
  x: number
  width: number
  at: number
  mark: EvidenceMark | undefined
  events: readonly EventMark[]
}

export function Tip({ x, width, at, mark, events }: TipProps) {
  const t = useTexts()
  const words = useWords()
  const code = useReportWords()
  const { format } = useLocale()
  const here = events.filter((one) => one.start_s <= at && at <= one.end_s)
  const told = mark
    ? [`${words(mark.verdict)} · ${mark.title}`]
    : here.map((one) => {
        if (one.kind === 'overtalk') return `${t.overtalk} · ${words(one.what ?? 'unknown')}`
        if (one.kind === 'problem' || one.kind === 'pii') {
          return `${t[one.kind]} · ${code(one.kind, one.what ?? '')}`
        }
        return t[one.kind]
      })
  const right = x > width * 0.7
  return (
    <div className="wave-tip" style={right ? { right: width - x + 8 } : { left: x + 8 }}>
      {[format.precise(Math.max(0, at)), ...told].join('  ')}
    </div>
  )
}
