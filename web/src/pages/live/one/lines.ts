/** The transcript's lines: what was said, then what is being said; and what of it was raised. */
import type { Alert, LivePartial, LiveUtterance } from '@/api/live'

export interface Line {
  key: string
  party: string
  start_s: number
  text: string
  /** Not final. */
  partial: boolean
  confidence: number
  /** Another than the line before it. */
  turn: boolean
  alerts: Alert[]
}

const within = (alert: Alert, one: LiveUtterance) =>
  alert.start_s != null &&
  (alert.leg == null || alert.leg === one.leg) &&
  alert.start_s < one.end_s &&
  (alert.end_s ?? alert.start_s) >= one.start_s

/**
 * The one utterance that an alert is shown at: where its words stand; what is concluded from a whole stretch, at that
 * stretch's end.
 */
function placeOf(alert: Alert, utterances: readonly LiveUtterance[]): LiveUtterance | undefined {
  const all = utterances.filter((one) => within(alert, one))
  if (!alert.quote) return all.at(-1)
  return all.find(({ text }) => text.includes(alert.quote ?? '')) ?? all[0]
}

/** `parties`: by leg, for what is being said. */
export function linesOf(
  utterances: readonly LiveUtterance[],
  partials: readonly LivePartial[],
  alerts: readonly Alert[],
  parties: ReadonlyMap<number, string>,
): Line[] {
  const places = new Map(alerts.map((alert) => [alert, placeOf(alert, utterances)]))
  const said = utterances.map((one) => ({
    key: `${one.leg}/${one.start_s}`,
    party: one.party,
    start_s: one.start_s,
    text: one.text,
    partial: false,
    confidence: one.confidence,
    alerts: alerts.filter((alert) => places.get(alert) === one),
  }))
  const saying = partials.map((one) => ({
    key: `${one.leg}/now`,
    party: one.party ?? parties.get(one.leg) ?? 'unknown',
    start_s: one.start_s,
    text: one.text,
    partial: true,
    confidence: 1,
    alerts: [],
  }))
  return [...said, ...saying].map((line, ix, all) => ({ ...line, turn: all[ix - 1]?.party !== line.party }))
}

/** Once from what the service answered, then from its stream, which mends it. */
export function merged(
  answered: readonly LiveUtterance[],
  streamed: readonly LiveUtterance[],
): LiveUtterance[] {
  const byKey = new Map(answered.map((one) => [`${one.leg}/${one.start_s}`, one]))
  for (const one of streamed) byKey.set(`${one.leg}/${one.start_s}`, one)
  return [...byKey.values()].filter(({ revoked }) => !revoked).toSorted((a, b) => a.start_s - b.start_s)
}
