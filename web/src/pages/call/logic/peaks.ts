/**
 * The waveform. In: the service's bytes (legs, columns a second, then each leg's columns). Out: levels of any stretch,
 * from columns gathered by fours, so that two hours are drawn as quickly as two minutes.
 */

export interface Peaks {
  perSecond: number
  /** For each leg, columns as they came, then ever fewer, each the loudest of four. */
  legs: Uint8Array[][]
  /** The loudest of all, 1 to 255: telephone speech is often far below full scale. */
  loudest: number
}

const GATHERED = 4
/** Quieter recordings are not blown up beyond this. */
const LOUDEST_MIN = 24

function gathered(columns: Uint8Array): Uint8Array {
  const fewer = new Uint8Array(Math.ceil(columns.length / GATHERED))
  for (let i = 0; i < columns.length; i++) {
    const ix = (i / GATHERED) | 0
    if (columns[i]! > fewer[ix]!) fewer[ix] = columns[i]!
  }
  return fewer
}

function levelsOf(columns: Uint8Array): Uint8Array[] {
  const levels = [columns]
  while (levels.at(-1)!.length > 256) levels.push(gathered(levels.at(-1)!))
  return levels
}

export function readPeaks(bytes: Uint8Array): Peaks {
  const [count = 0, perSecond = 0] = bytes
  const columns = count > 0 ? Math.floor((bytes.length - 2) / count) : 0
  const legs = Array.from({ length: count }, (_, leg) =>
    levelsOf(bytes.subarray(2 + leg * columns, 2 + (leg + 1) * columns)),
  )
  const loudest = Math.max(LOUDEST_MIN, ...legs.map((levels) => Math.max(0, ...levels.at(-1)!)))
  return { perSecond, legs, loudest }
}

/** The loudest of a leg from one second to another, 0 to 1 of the loudest of the call. */
export function loudness(peaks: Peaks, leg: number, from: number, to: number): number {
  const levels = peaks.legs[leg]
  if (!levels) return 0
  // The coarsest level of which a column is still no wider than what is asked for.
  const wanted = (to - from) * peaks.perSecond
  const power = Math.max(0, Math.floor(Math.log(Math.max(wanted, 1)) / Math.log(GATHERED)))
  const level = Math.min(power, levels.length - 1)
  const columns = levels[level]!
  const perSecond = peaks.perSecond / GATHERED ** level
  const first = Math.max(0, Math.floor(from * perSecond))
  const last = Math.min(columns.length, Math.max(first + 1, Math.ceil(to * perSecond)))
  let most = 0
  for (let i = first; i < last; i++) if (columns[i]! > most) most = columns[i]!
  return most / peaks.loudest
}
