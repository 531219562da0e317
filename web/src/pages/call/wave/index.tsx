/** The waveform: click or drag to seek, wheel to zoom; marks on top are played when clicked. */
import { theme } from 'antd'
import {
  type KeyboardEvent,
  type PointerEvent,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
} from 'react'
import { useAppearance } from '@/app/appearance'
import { useWords } from '@/components/verdict'
import { useLocale } from '@/i18n'
import type { EventMark, EvidenceMark } from '../logic/marks'
import type { Peaks } from '../logic/peaks'
import type { Evidence, Report } from '../logic/report'
import { isWhole, timeAt } from '../logic/view'
import { useTexts } from '../messages'
import { usePlace, useThePlayer } from '../player/use-player'
import { draw, heightOf, LANE, partyColour, STRIP } from './draw'
import { Head } from './head'
import { Minimap } from './minimap-view'
import { Chosen, Tip } from './overlay'
import { useCanvas, useWidth } from './use-canvas'
import type { Viewing } from './use-view'
import './wave.css'

interface Props {
  report: Report
  peaks: Peaks | undefined
  evidence: EvidenceMark[]
  events: EventMark[]
  /** Evidence of the finding that is looked at. */
  chosen: readonly Evidence[]
  viewing: Viewing
  onMark: (mark: EvidenceMark) => void
}

export function Wave({ report, peaks, evidence, events, chosen, viewing, onMark }: Props) {
  const t = useTexts()
  const words = useWords()
  const { format } = useLocale()
  const { palette } = useAppearance()
  const { token } = theme.useToken()
  const player = useThePlayer()
  const box = useRef<HTMLDivElement>(null)
  const width = useWidth(box)
  const [hover, setHover] = useState<{ x: number; y: number } | null>(null)
  const { view, zoom, move } = viewing
  const { legs, duration_s: duration } = report.media
  const height = heightOf(legs.length)
  const said = useMemo(
    () => legs.map((leg) => report.transcript.utterances.filter((one) => one.leg === leg.leg)),
    [legs, report],
  )
  const paint = useCallback(
    (pen: CanvasRenderingContext2D) => {
      const ink = {
        text: token.colorText,
        dim: token.colorTextTertiary,
        font: token.fontFamily,
        ground: token.colorBgContainer,
      }
      draw(pen, { view, width, legs, peaks, said, evidence, events, palette, ink, clock: format.clock })
    },
    [view, width, legs, peaks, said, evidence, events, palette, token, format],
  )
  const canvas = useCanvas(width, height, paint)

  useEffect(() => {
    const element = box.current
    if (!element) return
    const wheel = (event: WheelEvent) => {
      const sideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)
      if (!event.ctrlKey && !event.metaKey && !sideways) return
      event.preventDefault()
      const at = timeAt(view, width, event.offsetX)
      if (sideways) move((((event.deltaX || event.deltaY) / width) * (view.to - view.from)) as number)
      else zoom(1.0015 ** -event.deltaY, at)
    }
    element.addEventListener('wheel', wheel, { passive: false })
    return () => element.removeEventListener('wheel', wheel)
  }, [view, width, zoom, move])

  const place = (event: PointerEvent) => {
    const bounds = box.current!.getBoundingClientRect()
    return { x: event.clientX - bounds.left, y: event.clientY - bounds.top }
  }
  const markAt = (x: number, y: number) =>
    y > STRIP
      ? undefined
      : evidence.findLast((mark) => {
          const away = Math.abs(((mark.start_s - view.from) / (view.to - view.from)) * width - x)
          return mark.kind !== 'absence' && away < 7
        })
  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    if (event.button !== 0) return
    const { x, y } = place(event)
    const mark = markAt(x, y)
    if (mark) return onMark(mark)
    event.currentTarget.setPointerCapture(event.pointerId)
    player.seek(timeAt(view, width, x))
  }
  const onPointerMove = (event: PointerEvent<HTMLDivElement>) => {
    const at = place(event)
    setHover(at)
    if (event.buttons === 1 && event.currentTarget.hasPointerCapture(event.pointerId)) {
      player.seek(timeAt(view, width, at.x))
    }
  }
  const hoveredMark = hover ? markAt(hover.x, hover.y) : undefined

  return (
    <div className="wave">
      <div className="wave-legs" aria-hidden>
        {legs.map((leg, ix) => (
          <span
            key={leg.leg}
            style={{ top: STRIP + LANE * ix, height: LANE, color: partyColour(palette, leg.party) }}
          >
            {legs.length === 1 && leg.party === 'unknown' ? t.bothParties : words(leg.party)}
          </span>
        ))}
      </div>
      <Slider duration={duration}>
        <div
          ref={box}
          className={hoveredMark ? 'wave-box wave-on-mark' : 'wave-box'}
          style={{ height }}
          title={hover ? undefined : t.waveHint}
          onPointerDown={onPointerDown}
          onPointerMove={onPointerMove}
          onPointerLeave={() => setHover(null)}
        >
          <canvas ref={canvas} data-testid="waveform" style={{ width: '100%', height }} />
          <Chosen evidence={chosen} legs={legs} view={view} width={width} />
          <Head viewing={viewing} width={width} top={STRIP} height={height} />
          {hover && (
            <Tip
              x={hover.x}
              width={width}
              at={timeAt(view, width, hover.x)}
              mark={hoveredMark}
              events={events}
            />
          )}
        </div>
      </Slider>
      {!isWhole(view, duration) && (
        <Minimap report={report} peaks={peaks} evidence={evidence} viewing={viewing} />
      )}
    </div>
  )
}

/** The waveform as a control: arrows move by a second. */
function Slider({ duration, children }: { duration: number; children: React.ReactNode }) {
  const t = useTexts()
  const { format } = useLocale()
  const player = useThePlayer()
  const second = usePlace(Math.floor)
  const onKeyDown = (event: KeyboardEvent) => {
    const to: Record<string, number> = {
      ArrowLeft: player.at - 1,
      ArrowDown: player.at - 1,
      ArrowRight: player.at + 1,
      ArrowUp: player.at + 1,
      PageUp: player.at + 30,
      PageDown: player.at - 30,
      Home: 0,
      End: duration,
    }
    const at = to[event.key]
    if (at === undefined) return
    event.preventDefault()
    event.stopPropagation()
    player.seek(at)
  }
  return (
    <div
      className="wave-slider"
      role="slider"
      tabIndex={0}
      aria-label={`${t.waveform} · ${t.position}`}
      aria-valuemin={0}
      aria-valuemax={Math.round(duration)}
      aria-valuenow={second}
      aria-valuetext={format.clock(second)}
      onKeyDown={onKeyDown}
    >
      {children}
    </div>
  )
}
