/** Days in an address: two of them, `2026-12-31`, and the moments between which they lie where the reader is. */

const DAY = /^\d{4}-\d{2}-\d{2}$/

export const isDay = (text: string | undefined): text is string => text !== undefined && DAY.test(text)

/** A local day's first moment, or that of a later one. */
export function momentOf(day: string, later = 0): string {
  const [y, m, d] = day.split('-').map(Number) as [number, number, number]
  return new Date(y, m - 1, d + later).toISOString()
}

/** The local day that a moment lies in. */
export function dayAt(iso: string, earlierMs = 0): string {
  const at = new Date(new Date(iso).getTime() - earlierMs)
  const two = (n: number) => String(n).padStart(2, '0')
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
}

/** Two days, each of which may be open, as the service is asked: from the first's beginning to the last's end. */
export function momentsOf(days: { from?: string; to?: string }): { from?: string; to?: string } {
  const { from, to } = days
  return {
    ...(isDay(from) && { from: momentOf(from) }),
    ...(isDay(to) && { to: momentOf(to, 1) }),
  }
}

/** The last so many days, today with them, as moments. */
export function lastDays(count: number, now: Date): { from: string; to: string } {
  const day = (later: number) => new Date(now.getFullYear(), now.getMonth(), now.getDate() + later)
  return { from: day(1 - count).toISOString(), to: day(1).toISOString() }
}
