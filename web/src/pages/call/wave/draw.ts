/** Draws a call on a canvas: bands of events, each leg's waveform, evidence above and time below. */
import type { Palette } from '@/app/theme'
import { type EventMark, type EvidenceMark, inView } from '../logic/marks'
import { loudness, type Peaks } from '../logic/peaks'
import type { Leg, Stretch, Utterance } from '../logic/report'
import { axisStep, timeAt, type View, xOf } from '../logic/view'

/** Heights in pixels. */
export const STRIP = 18
export const LANE = 42
export const EVENTS = 10
export const AXIS = 18

export function heightOf(legs: number): number {
  return STRIP + LANE * Math.max(legs, 1) + EVENTS + AXIS
}

export interface Scene {
  view: View
  width: number
  legs: readonly Leg[]
  peaks: Peaks | undefined
  /** For each leg; on a mono recording both parties share one. */
  said: readonly (readonly Utterance[])[]
  evidence: readonly EvidenceMark[]
  events: readonly EventMark[]
  palette: Palette
  ink: { text: string; dim: string; font: string; ground: string }
  clock: (seconds: number) => string
}

export function partyColour(palette: Palette, party: string): string {
  if (party === 'agent') return palette.agent
  return party === 'customer' ? palette.customer : palette.undetermined
}

const VERDICTS: Record<string, 'pass' | 'critical'> = { met: 'pass', not_met: 'critical' }

/** As verdicts are coloured in lists: what was not met is red, whatever the call's verdict came to. */
export function verdictColour(palette: Palette, verdict: string): string {
  return palette[VERDICTS[verdict] ?? 'undetermined']
}

type Pen = CanvasRenderingContext2D

/** All of it. The pen's unit is a CSS pixel. */
export function draw(pen: Pen, scene: Scene) {
  const height = heightOf(scene.legs.length)
  pen.clearRect(0, 0, scene.width, height)
  const legs = scene.legs.length > 0 ? scene.legs.length : 1
  const bottom = STRIP + LANE * legs
  axis(pen, scene, bottom)
  bands(pen, scene, bottom)
  for (let ix = 0; ix < scene.legs.length; ix++) lane(pen, scene, ix)
  starred(pen, scene)
  evidence(pen, scene)
}

function span(scene: Scene, one: Stretch, least = 2): [number, number] {
  const x = xOf(scene.view, scene.width, one.start_s)
  return [x, Math.max(xOf(scene.view, scene.width, one.end_s) - x, least)]
}

function bands(pen: Pen, scene: Scene, bottom: number) {
  const { view, palette } = scene
  for (const mark of inView(scene.events, view.from, view.to)) {
    if (mark.kind === 'pii') continue
    const [x, wide] = span(scene, mark)
    const colour = mark.kind === 'problem' ? palette.critical : palette[mark.kind]
    pen.fillStyle = colour
    if (mark.kind !== 'problem') {
      pen.globalAlpha = 0.13
      pen.fillRect(x, STRIP, wide, bottom - STRIP)
      pen.globalAlpha = 1
    }
    eventBar(pen, mark.kind, x, wide, bottom + 2)
  }
}

/** Each kind has a shape of its own, so that colour is not all that tells them apart. */
function eventBar(pen: Pen, kind: EventMark['kind'], x: number, wide: number, top: number) {
  const tall = EVENTS - 4
  if (kind === 'silence') pen.fillRect(x, top + tall / 2 - 1, wide, 2)
  else if (kind === 'hold')
    for (let at = 0; at < wide; at += 6) pen.fillRect(x + at, top, Math.min(3, wide - at), tall)
  else if (kind === 'problem') {
    pen.globalAlpha = 0.55
    pen.fillRect(x, top + tall - 2, wide, 2)
    pen.globalAlpha = 1
  } else pen.fillRect(x, top, wide, tall)
}

/** A column of two pixels every three. */
const COLUMN = 3

function lane(pen: Pen, scene: Scene, ix: number) {
  const leg = scene.legs[ix]!
  const middle = STRIP + LANE * ix + LANE / 2
  const own = partyColour(scene.palette, leg.party)
  const mixed = leg.party === 'unknown' || scene.legs.length === 1
  const said = scene.said[ix] ?? []
  let next = 0
  for (let x = 0; x < scene.width; x += COLUMN) {
    const from = timeAt(scene.view, scene.width, x)
    const to = timeAt(scene.view, scene.width, x + COLUMN)
    while (mixed && next < said.length && said[next]!.end_s < from) next++
    const speaker = mixed && said[next] && said[next]!.start_s <= to ? said[next]!.party : undefined
    pen.fillStyle = speaker ? partyColour(scene.palette, speaker) : own
    const level = scene.peaks ? loudness(scene.peaks, ix, from, to) : 0
    const half = Math.max(0.5, (level ** 0.8 * (LANE - 6)) / 2)
    pen.fillRect(x, middle - half, 2, half * 2)
  }
}

function starred(pen: Pen, scene: Scene) {
  const { view, palette } = scene
  pen.font = `600 11px ${scene.ink.font}`
  pen.textBaseline = 'middle'
  for (const mark of inView(scene.events, view.from, view.to)) {
    if (mark.kind !== 'pii') continue
    const ix = scene.legs.findIndex((leg) => leg.leg === mark.leg)
    const [x, wide] = span(scene, mark, 3)
    const middle = STRIP + LANE * Math.max(ix, 0) + LANE / 2
    pen.fillStyle = palette.pii
    pen.fillRect(x, middle - 6, wide, 12)
    if (wide < 14) continue
    pen.fillStyle = scene.ink.ground
    pen.fillText('＊', x + wide / 2 - 6, middle + 1)
  }
}

function evidence(pen: Pen, scene: Scene) {
  for (const mark of scene.evidence) {
    if (mark.kind === 'absence' || mark.end_s < scene.view.from || mark.start_s > scene.view.to) continue
    const x = xOf(scene.view, scene.width, mark.start_s)
    pen.fillStyle = verdictColour(scene.palette, mark.verdict)
    pen.strokeStyle = pen.fillStyle
    shape(pen, mark.verdict, x)
  }
}

/** Failed: a flag; met: a dot; undecided: a ring. */
function shape(pen: Pen, verdict: string, x: number) {
  pen.beginPath()
  if (verdict === 'not_met') {
    pen.moveTo(x - 6, 3)
    pen.lineTo(x + 6, 3)
    pen.lineTo(x, STRIP - 2)
    pen.fill()
    return
  }
  pen.arc(x, STRIP / 2 + 1, verdict === 'met' ? 2.5 : 3.5, 0, Math.PI * 2)
  if (verdict === 'met') pen.fill()
  else {
    pen.lineWidth = 1.5
    pen.stroke()
  }
}

function axis(pen: Pen, scene: Scene, bottom: number) {
  const { view, width, ink } = scene
  const step = axisStep(view, width)
  const end = bottom + EVENTS
  pen.font = `11px ${ink.font}`
  pen.textBaseline = 'top'
  for (let at = Math.ceil(view.from / step) * step; at <= view.to; at += step) {
    const x = Math.round(xOf(view, width, at))
    pen.fillStyle = scene.palette.grid
    pen.fillRect(x, STRIP, 1, end - STRIP + 4)
    if (x > width - 36) continue
    pen.fillStyle = ink.dim
    pen.fillText(scene.clock(at), x + 4, end + 4)
  }
}
