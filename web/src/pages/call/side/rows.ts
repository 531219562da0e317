/** Figures of a conversation in words: only those that were measured. */
import type { Format } from '@/i18n/format'
import type { Report, Stretch } from '../logic/report'
import type { Texts } from '../messages'

const lasts = (one: Stretch) => one.end_s - one.start_s
const PARTIES = ['agent', 'customer'] as const

export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  if (sorted.length === 0) return undefined
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1]! + sorted[middle]!) / 2
}

export function rowsOfMeasures(
  report: Report,
  t: Texts,
  words: (code: string) => string,
  format: Format,
): [string, string][] {
  const { silences, holds, overtalk, talk_s, rate_per_min, loudness, response } = report.conversation
  const chat = report.media.legs.length === 0 && report.media.sample_rate_hz === 0
  const inAll = (list: readonly Stretch[]) =>
    list.length === 0
      ? t.none
      : t.times(
          format.number(list.length),
          format.number(
            list.reduce((sum, one) => sum + lasts(one), 0),
            1,
          ),
        )
  const each = (of: (party: 'agent' | 'customer') => string | undefined) =>
    PARTIES.flatMap((party) => {
      const value = of(party)
      return value === undefined ? [] : [`${words(party)} ${value}`]
    }).join(' · ')
  const quiet = silences.filter((one) => !one.hold)
  const unit = /^(zh|yue)$/.test(report.transcript.language) ? t.perMinChars : t.perMinWords
  const whole = (value: number | undefined) => (value === undefined ? undefined : format.number(value))
  const rates = each((party) => whole(rate_per_min[party]))
  const levels = each((party) =>
    whole(median(loudness.filter((one) => one.party === party).map((one) => one.dbfs))),
  )
  const wait = (s: number) => (s < 100 ? t.seconds(format.number(s, 1)) : format.clock(s))
  const { ring_s, rings } = report.call
  const ring = [
    rings === undefined ? '' : t.rings(String(rings)),
    ring_s === undefined ? '' : t.seconds(format.number(ring_s, 1)),
  ].filter(Boolean)
  const longest = quiet.length > 0 ? ` · ${t.longest(format.number(Math.max(...quiet.map(lasts)), 1))}` : ''
  const rows: [string, string][] = [
    [t.talkTime, chat ? '' : each((party) => (talk_s[party] ? format.clock(talk_s[party]) : undefined))],
    [t.rate, rates && `${rates} ${unit}`],
    [t.deadAir, chat ? '' : inAll(quiet) + longest],
    [
      t.overtalk,
      chat
        ? ''
        : each((party) =>
            format.number(overtalk.filter((one) => one.by === party && !one.backchannel).length),
          ),
    ],
    [t.hold, holds.length > 0 ? inAll(holds) : ''],
    [
      t.response,
      response
        ? t.responseOf(wait(response.first_s), wait(response.average_s), wait(response.longest_s))
        : '',
    ],
    [t.loudness, levels && `${levels} dBFS`],
    [t.ring, ring.join(' · ')],
  ]
  return rows.filter(([, value]) => value !== '')
}
