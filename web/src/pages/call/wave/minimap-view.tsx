/** The whole call under a part of it: drag the window, or click where to look. */
import { type PointerEvent, useCallback, useEffect, useRef } from 'react'
import { useAppearance } from '@/app/appearance'
import type { EvidenceMark } from '../logic/marks'
import type { Peaks } from '../logic/peaks'
import type { Report } from '../logic/report'
import { useTexts } from '../messages'
import { useThePlayer } from '../player/use-player'
import { drawSmall, MINIMAP } from './minimap'
import { useCanvas, useWidth } from './use-canvas'
import type { Viewing } from './use-view'

interface Props {
  report: Report
  peaks: Peaks | undefined
  evidence: EvidenceMark[]
  viewing: Viewing
}

export function Minimap({ report, peaks, evidence, viewing }: Props) {
  const t = useTexts()
  const { palette } = useAppearance()
  const box = useRef<HTMLDivElement>(null)
  const width = useWidth(box)
  const { legs, duration_s: duration } = report.media
  const paint = useCallback(
    (pen: CanvasRenderingContext2D) => drawSmall(pen, { width, duration, legs, peaks, evidence, palette }),
    [width, duration, legs, peaks, evidence, palette],
  )
  const canvas = useCanvas(width, MINIMAP, paint)
  const { view, move } = viewing
  const look = (event: PointerEvent<HTMLDivElement>) => {
    if (event.type === 'pointermove' && event.buttons !== 1) return
    if (event.type === 'pointerdown') event.currentTarget.setPointerCapture(event.pointerId)
    const bounds = event.currentTarget.getBoundingClientRect()
    const at = ((event.clientX - bounds.left) / bounds.width) * duration
    move(at - (view.from + view.to) / 2)
  }
  const left = (view.from / duration) * width
  return (
    <div
      ref={box}
      className="wave-minimap"
      style={{ height: MINIMAP }}
      title={t.minimap}
      onPointerDown={look}
      onPointerMove={look}
    >
      <canvas ref={canvas} aria-hidden style={{ width: '100%', height: MINIMAP }} />
      <div
        className="wave-window-seen"
        style={{ left, width: Math.max(((view.to - view.from) / duration) * width, 6) }}
      />
      <SmallHead duration={duration} width={width} />
    </div>
  )
}

function SmallHead({ duration, width }: { duration: number; width: number }) {
  const player = useThePlayer()
  const head = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const move = () =>
      head.current?.style.setProperty('transform', `translateX(${(player.at / duration) * width}px)`)
    move()
    return player.onPlace(move)
  }, [player, duration, width])
  return <div ref={head} className="wave-head" style={{ top: 0, height: MINIMAP }} />
}
