/** The call workbench: what was said, how it was judged, and what people make of it. */

import { useQueryClient } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { Skeleton } from 'antd'
import { useEffect, useMemo, useRef, useState } from 'react'
import { audioOf } from '@/api/audio'
import type { Schemas } from '@/api/client'
import { useCan } from '@/app/session'
import { ProblemPage } from '@/components/problem'
import { useCall } from './data'
import { firstPlayable, namedIn } from './logic/address'
import type { Report } from './logic/report'
import { gapsOf, timeIn } from './logic/time'
import { PlayerProvider, usePlayer } from './player/use-player'
import { RevealDialog, type Revealed } from './reveal'
import { useParamsInAddress } from './use-findings'
import { Workbench } from './workbench'
import '@/components/call-head.css'
import './call.css'

/** Shorter pauses are part of talking, in seconds. */
const GAP = 1.5

export function CallPage() {
  const { callId } = useParams({ from: '/calls/$callId' })
  const { call, report, decisions } = useCall(callId)
  useFreshReport(callId, call.data)
  const failed = [call, report, decisions].find((query) => query.isError)
  if (failed?.error) return <ProblemPage problem={failed.error} retry={() => void failed.refetch()} />
  if (!call.data || !report.data || !decisions.data) return <Waiting />
  return <Loaded key={callId} call={call.data} report={report.data} decisions={decisions.data} />
}

/** A call that is analysed anew has another report. */
function useFreshReport(callId: string, call: Schemas['Call'] | undefined) {
  const client = useQueryClient()
  const seen = useRef<string>(undefined)
  const analysed = call && `${callId} ${call.analysed}`
  useEffect(() => {
    if (seen.current?.startsWith(`${callId} `) && seen.current !== analysed) {
      void client.invalidateQueries({ queryKey: ['report', callId] })
    }
    seen.current = analysed
  }, [client, callId, analysed])
}

interface Props {
  call: Schemas['CallWithScorecards']
  report: Report
  decisions: Schemas['Decision'][]
}

function Loaded({ call, report: masked, decisions }: Props) {
  const can = useCan()
  const { params } = useParamsInAddress()
  const [asking, setAsking] = useState(false)
  const [revealed, setRevealed] = useState<Revealed>()
  const report = revealed?.report ?? masked
  const duration = report.media.duration_s
  const gaps = useMemo(() => gapsOf(report, GAP), [report])
  const audible = call.has_audio && can('audio.play')
  const player = usePlayer({
    source: audible ? audioOf(call.id, revealed?.reason) : undefined,
    duration,
    gaps,
  })
  // A link leads to its second, or to its finding's first evidence.
  const begin = useRef<number>(undefined)
  begin.current ??= timeIn(params.t, duration) ?? evidenceAt(report, params) ?? 0
  useEffect(() => {
    if (player && begin.current) player.seek(begin.current)
  }, [player])
  if (!player) return <Waiting />
  return (
    <PlayerProvider player={player}>
      <Workbench
        call={call}
        report={report}
        decisions={decisions}
        begin={begin.current}
        revealed={revealed?.reason}
        onReveal={can('reveal') && !revealed ? () => setAsking(true) : undefined}
        onHide={() => setRevealed(undefined)}
      />
      <RevealDialog
        callId={call.id}
        open={asking}
        onClose={() => setAsking(false)}
        onRevealed={setRevealed}
      />
    </PlayerProvider>
  )
}

function evidenceAt(report: Report, params: Record<string, string | undefined>): number | undefined {
  const named = namedIn(params)
  const card = report.scorecards.find((one) => one.rubric === named?.rubric)
  const finding = card?.findings.find((one) => one.criterion === named?.criterion)
  return finding && firstPlayable(finding.evidence)?.start_s
}

function Waiting() {
  return (
    <div className="call" aria-busy>
      <Skeleton active title={{ width: '30%' }} paragraph={{ rows: 1, width: '60%' }} />
      <Skeleton.Node active style={{ width: '100%', height: 150 }} />
      <div className="call-columns">
        <Skeleton active paragraph={{ rows: 9 }} />
        <Skeleton active paragraph={{ rows: 9 }} />
      </div>
    </div>
  )
}
