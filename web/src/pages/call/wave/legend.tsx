/** What the marks mean: only those that this call has. */
import { useAppearance } from '@/app/appearance'
import { useWords } from '@/components/verdict'
import type { EventMark, EvidenceMark } from '../logic/marks'
import { useTexts } from '../messages'
import { verdictColour } from './draw'

const SHAPES = { not_met: '▼', met: '●', undetermined: '○' } as const
const EVENTS = { silence: '━', hold: '▮▮', overtalk: '■', pii: '＊', problem: '▁' } as const

export function Legend({ evidence, events }: { evidence: EvidenceMark[]; events: EventMark[] }) {
  const t = useTexts()
  const words = useWords()
  const { palette } = useAppearance()
  const verdicts = (['not_met', 'met', 'undetermined'] as const).filter((verdict) =>
    evidence.some((mark) => mark.verdict === verdict && mark.kind !== 'absence'),
  )
  const kinds = (['silence', 'hold', 'overtalk', 'pii', 'problem'] as const).filter((kind) =>
    events.some((mark) => mark.kind === kind),
  )
  return (
    <ul className="legend" aria-label={t.legend}>
      {verdicts.map((verdict) => (
        <li key={verdict}>
          <i style={{ color: verdictColour(palette, verdict) }} aria-hidden>
            {SHAPES[verdict]}
          </i>
          {words(verdict)}
        </li>
      ))}
      {kinds.map((kind) => (
        <li key={kind}>
          <i style={{ color: kind === 'problem' ? palette.critical : palette[kind] }} aria-hidden>
            {EVENTS[kind]}
          </i>
          {t[kind]}
        </li>
      ))}
    </ul>
  )
}
