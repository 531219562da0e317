/** Waveform, player and legend. What is seen of the waveform is known here alone: moving it draws nothing else anew. */
import { useQuery } from '@tanstack/react-query'
import { useKeys } from '@/components/keys'
import { peaksQuery } from '../data'
import type { EventMark, EvidenceMark } from '../logic/marks'
import type { Evidence, Report } from '../logic/report'
import { useTexts } from '../messages'
import { Transport } from '../player/transport'
import { useThePlayer } from '../player/use-player'
import { Wave } from './index'
import { Legend } from './legend'
import { useView } from './use-view'

interface Props {
  callId: string
  report: Report
  evidence: EvidenceMark[]
  events: EventMark[]
  /** Evidence of the finding that is looked at. */
  chosen: readonly Evidence[]
  hasAudio: boolean
  /** Why there is nothing to hear; undefined when there is. */
  silent: string | undefined
  /** Where a link leads to, in seconds. */
  begin: number
  onMark: (mark: EvidenceMark) => void
}

export function WavePanel({ callId, report, evidence, events, hasAudio, silent, begin, ...rest }: Props) {
  const t = useTexts()
  const player = useThePlayer()
  const { duration_s: duration, legs } = report.media
  const viewing = useView(duration, begin)
  const peaks = useQuery(peaksQuery(callId, hasAudio))
  useKeys('call waveform', [
    { keys: '=', does: t.zoomIn, run: () => viewing.zoom(2, player.at) },
    { keys: '-', does: t.zoomOut, run: () => viewing.zoom(0.5, player.at) },
  ])
  return (
    <div className="panel call-wave">
      <Wave
        {...rest}
        report={report}
        peaks={peaks.data}
        evidence={evidence}
        events={events}
        viewing={viewing}
      />
      <Transport duration={duration} legs={legs} viewing={viewing} silent={silent}>
        <Legend evidence={evidence} events={events} />
      </Transport>
    </div>
  )
}
