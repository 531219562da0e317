/** What of a call the waveform shows. In: a view, and what is done to it. Out: another that lies within the call. */

export interface View {
  from: number
  to: number
}

/** Nobody needs to see less than this, in seconds. */
const SPAN_MIN = 2
/** Longer calls begin with a part of them. */
const WHOLE_MAX = 900
const PART = 300

export function firstView(duration: number, at = 0): View {
  if (duration <= WHOLE_MAX) return whole(duration)
  return within(at - PART / 4, PART, duration)
}

export function whole(duration: number): View {
  return { from: 0, to: Math.max(duration, SPAN_MIN) }
}

export function isWhole(view: View, duration: number): boolean {
  return view.to - view.from >= duration - 0.01
}

function within(from: number, span: number, duration: number): View {
  const most = Math.max(duration, SPAN_MIN)
  const wide = Math.min(Math.max(span, Math.min(SPAN_MIN, most)), most)
  const begin = Math.min(Math.max(0, from), most - wide)
  return { from: begin, to: begin + wide }
}

/** `factor` above 1 shows less; what stands at `at` stays where it is. */
export function zoomed(view: View, factor: number, at: number, duration: number): View {
  const span = view.to - view.from
  const centre = Math.min(Math.max(at, view.from), view.to)
  const share = (centre - view.from) / span
  const next = Math.min(Math.max(span / factor, SPAN_MIN), Math.max(duration, SPAN_MIN))
  return within(centre - share * next, next, duration)
}

export function moved(view: View, by: number, duration: number): View {
  return within(view.from + by, view.to - view.from, duration)
}

/** Turns the page when the head leaves it. */
export function following(view: View, at: number, duration: number): View {
  if (at >= view.from && at <= view.to) return view
  const span = view.to - view.from
  return within(at - span * 0.1, span, duration)
}

export function xOf(view: View, width: number, at: number): number {
  return ((at - view.from) / (view.to - view.from)) * width
}

export function timeAt(view: View, width: number, x: number): number {
  return view.from + (x / Math.max(width, 1)) * (view.to - view.from)
}

const STEPS = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600]

/** Seconds between figures on the axis, so that each has at least `room` pixels. */
export function axisStep(view: View, width: number, room = 72): number {
  return STEPS.find((step) => (step / (view.to - view.from)) * width >= room) ?? 7200
}
