/** The whole call, small, under a part of it. */
import type { Palette } from '@/app/theme'
import type { EvidenceMark } from '../logic/marks'
import { loudness, type Peaks } from '../logic/peaks'
import type { Leg } from '../logic/report'
import { partyColour, verdictColour } from './draw'

export const MINIMAP = 26

interface Small {
  width: number
  duration: number
  legs: readonly Leg[]
  peaks: Peaks | undefined
  evidence: readonly EvidenceMark[]
  palette: Palette
}

export function drawSmall(pen: CanvasRenderingContext2D, small: Small) {
  const { width, duration, legs, peaks, palette } = small
  pen.clearRect(0, 0, width, MINIMAP)
  const middle = MINIMAP / 2 + 2
  pen.globalAlpha = 0.7
  for (let x = 0; x < width; x += 2) {
    const [from, to] = [(x / width) * duration, ((x + 2) / width) * duration]
    legs.forEach((leg, ix) => {
      const tall = (peaks ? loudness(peaks, ix, from, to) : 0) * (MINIMAP / 2 - 3)
      pen.fillStyle = partyColour(palette, leg.party)
      pen.fillRect(x, ix === 0 ? middle - tall : middle, 1.5, tall)
    })
  }
  pen.globalAlpha = 1
  for (const mark of small.evidence) {
    if (mark.verdict !== 'not_met' || mark.kind === 'absence') continue
    pen.fillStyle = verdictColour(palette, mark.verdict)
    pen.fillRect((mark.start_s / duration) * width - 1, 0, 2, 5)
  }
}
