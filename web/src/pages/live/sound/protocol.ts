/** What the page and the audio thread tell one another. */
import type { Piece, Played } from './playout'

export type ToWorklet = Piece

export interface ToldByWorklet extends Played {
  /** The loudest moment of each leg since it was last told, 0 to 1. */
  levels: number[]
}
