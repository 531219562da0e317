/** Dates, times and numbers as each language writes them. The browser's time zone is the reader's. */
import type { Language } from './index'

export interface Format {
  /** 1,234.5; at most `digits` after the point (default 0). */
  number: (value: number, digits?: number) => string
  /** A share of 0 to 1 as 93.1 %; one digit unless told. */
  percent: (share: number, digits?: number) => string
  /** Day and time of day. */
  dateTime: (iso: string) => string
  date: (iso: string) => string
  time: (iso: string) => string
  /** How long ago: 3 分钟前, 3 min ago. */
  ago: (iso: string, now?: number) => string
  /** A length or place in a call: 1:02, 1:02:03. */
  clock: (seconds: number) => string
  /** A place to a tenth of a second: 1:02.3. */
  precise: (seconds: number) => string
  /** A language's tag in words: 中文, Chinese; itself where it has none. */
  language: (tag: string) => string
  /** What, and which: 状态：已完成, State: done. */
  named: (what: string, which: string) => string
  /** 820 B, 1.2 MB. */
  bytes: (count: number) => string
}

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
]

const two = (n: number) => String(n).padStart(2, '0')

function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}

function precise(seconds: number): string {
  const tenths = Math.max(0, Math.round(seconds * 10))
  return `${clock(Math.floor(tenths / 10))}.${tenths % 10}`
}

export function formatOf(language: Language): Format {
  // 10/11/2026 is read as two different days by two readers of English.
  const day: Intl.DateTimeFormatOptions =
    language === 'zh-CN'
      ? { year: 'numeric', month: '2-digit', day: '2-digit' }
      : { year: 'numeric', month: 'short', day: 'numeric' }
  const dateTime = new Intl.DateTimeFormat(language, {
    ...day,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  const date = new Intl.DateTimeFormat(language, day)
  const time = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'short' })
  const languages = new Intl.DisplayNames(language, { type: 'language' })
  const numbers = (digits: number) => new Intl.NumberFormat(language, { maximumFractionDigits: digits })
  return {
    number: (value, digits = 0) => numbers(digits).format(value),
    percent: (share, digits = 1) =>
      new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: digits }).format(share),
    dateTime: (iso) => dateTime.format(new Date(iso)),
    date: (iso) => date.format(new Date(iso)),
    time: (iso) => time.format(new Date(iso)),
    ago: (iso, now = Date.now()) => {
      const seconds = (new Date(iso).getTime() - now) / 1000
      const [unit, length] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1]
      // Between Chinese and a number stands a space, as in all our texts.
      return relative.format(Math.round(seconds / length), unit).replace(/(\d)(?=\p{Script=Han})/u, '$1 ')
    },
    clock,
    precise,
    language: (tag) => languages.of(tag) ?? tag,
    named: (what, which) => `${what}${language === 'zh-CN' ? '：' : ': '}${which}`,
    bytes: (count) => {
      const power = Math.min(4, Math.floor(Math.log10(Math.max(1, count)) / 3))
      return `${numbers(power === 0 ? 0 : 1).format(count / 1000 ** power)} ${['B', 'kB', 'MB', 'GB', 'TB'][power]}`
    },
  }
}
