/** Waveform and player above, transcript and scorecard below: beside one another, or by tabs where it is narrow. */
import { App, Tabs } from 'antd'
import { type MouseEvent, useCallback, useMemo } from 'react'
import type { Schemas } from '@/api/client'
import { useCan } from '@/app/session'
import { useColours } from '@/components/colours'
import { useLocale } from '@/i18n'
import { copyText } from './copy'
import { useOutlines } from './data'
import { CallHead } from './head'
import { firstPlayable, linkTo, type Tab, tabOf } from './logic/address'
import { rowsOf } from './logic/lines'
import { type EvidenceMark, eventMarks, evidenceMarks, type TitleOf } from './logic/marks'
import { type Evidence, placed, type Report } from './logic/report'
import { useTexts } from './messages'
import { useThePlayer } from './player/use-player'
import { RevealedBanner } from './reveal'
import { Scorecards } from './score'
import { Decisions } from './side/decisions'
import { Measures } from './side/measures'
import { Transcript } from './transcript'
import { useCallKeys } from './use-call-keys'
import { useFindings, useParamsInAddress } from './use-findings'
import { useWide } from './use-wide'
import { WavePanel } from './wave/panel'

interface Props {
  call: Schemas['CallWithScorecards']
  report: Report
  decisions: Schemas['Decision'][]
  begin: number
  /** Why the originals are shown, while they are. */
  revealed: string | undefined
  onReveal: (() => void) | undefined
  onHide: () => void
}

const NONE: Evidence[] = []

export function Workbench({ call, report, decisions, begin, revealed, onReveal, onHide }: Props) {
  const t = useTexts()
  const can = useCan()
  const wide = useWide()
  const { format, chinese } = useLocale()
  const { message } = App.useApp()
  const player = useThePlayer()
  const { params, change } = useParamsInAddress()
  const chat = call.kind === 'chat'
  const outlines = useOutlines(report.scorecards, can('rubrics.read'))
  const titleOf: TitleOf = useCallback(
    ({ rubric, criterion }, title) =>
      outlines[rubric]?.criteria.find((one) => one.id === criterion)?.title[chinese ? 'zh' : 'en'] ?? title,
    [outlines, chinese],
  )
  const evidence = useMemo(() => evidenceMarks(report, titleOf), [report, titleOf])
  const events = useMemo(() => eventMarks(report), [report])
  const rows = useMemo(() => rowsOf(report, evidence), [report, evidence])
  const findings = useFindings(call.id, report, decisions)
  const { chosen, choose } = findings
  const mayDecide = can('decide')

  const play = useCallback((one: Evidence) => placed(one) && player.playStretch(one), [player])
  const playChosen = () => {
    const first = chosen && firstPlayable(chosen.finding.evidence)
    if (first) play(first)
  }
  const onMark = useCallback(
    (mark: EvidenceMark) => {
      choose(mark)
      player.playStretch(mark)
    },
    [choose, player],
  )
  const share = () => {
    const { origin, pathname } = window.location
    void copyText(linkTo(origin + pathname, player.at, chosen)).then((copied) => {
      if (copied) void message.success(t.shared(format.precise(player.at)))
    })
  }

  const transcript = (title?: string) => (
    <Transcript rows={rows} began={chat ? call.started : undefined} onNamed={choose} title={title} />
  )
  const panels: { key: Tab; label: string; children: React.ReactNode }[] = [
    {
      key: 'score',
      label: t.scorecard,
      children: (
        <Scorecards
          callId={call.id}
          cards={findings.cards}
          outlines={outlines}
          titleOf={(item) => titleOf(item, item.finding.title)}
          summaries={call.scorecards}
          items={findings.items}
          decisions={decisions}
          filter={findings.filter}
          onFilter={findings.setFilter}
          chosen={chosen?.key}
          onChoose={choose}
          onPlay={play}
          deciding={
            mayDecide
              ? {
                  open: findings.form,
                  onOpen: findings.open,
                  onDecide: findings.decide,
                }
              : undefined
          }
        />
      ),
    },
    { key: 'measures', label: t.conversation, children: <Measures report={report} /> },
    {
      key: 'decisions',
      label: decisions.length > 0 ? `${t.history} ${decisions.length}` : t.history,
      children: (
        <Decisions
          decisions={decisions}
          items={findings.items}
          titleOf={titleOf}
          onNamed={choose}
          adding={findings.adding}
          onAdd={mayDecide ? findings.add : undefined}
        />
      ),
    },
  ]
  const saidTitle = chat ? t.messages : t.transcript
  if (!wide) panels.unshift({ key: 'said', label: saidTitle, children: transcript() })
  const asked = tabOf(params)
  const tab = asked && panels.some((panel) => panel.key === asked) ? asked : panels[0]!.key
  // Nothing is decided on what is out of sight.
  useCallKeys({ player, findings, playChosen, share, mayDecide: mayDecide && tab === 'score' })
  const tabs = (
    <Tabs
      className="panel call-tabs"
      size="small"
      activeKey={tab}
      onChange={(tab) => change({ tab })}
      items={panels}
      destroyOnHidden
    />
  )
  const silent = call.has_audio ? (can('audio.play') ? undefined : t.silentRole) : t.silentGone

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: nothing is done here but keeping the focus
    <div className="call" style={useColours()} onMouseDown={keepFocus}>
      {revealed !== undefined && <RevealedBanner reason={revealed} onHide={onHide} />}
      <CallHead call={call} chosen={chosen} onShare={share} onReveal={onReveal} />
      {!chat && (
        <WavePanel
          callId={call.id}
          report={report}
          evidence={evidence}
          events={events}
          chosen={chosen?.finding.evidence ?? NONE}
          hasAudio={call.has_audio}
          silent={silent}
          begin={begin}
          onMark={onMark}
        />
      )}
      {wide ? (
        <div className="call-columns">
          <div className="panel">{transcript(saidTitle)}</div>
          {tabs}
        </div>
      ) : (
        tabs
      )}
    </div>
  )
}

/** A mouse leaves the focus where it is, so that Space goes on playing and j and k walking after a click. */
function keepFocus(event: MouseEvent) {
  const target = event.target as HTMLElement
  if (target.closest('button') && !target.closest('input, textarea, form, .decision-form'))
    event.preventDefault()
}
