/** How sure alerts are, from what people said of them. */
import type { Precision } from '@/api/live'

/** With fewer judged, a share says little. */
export const FEW = 10

export function shareOf({ right, wrong }: Pick<Precision, 'right' | 'wrong'>): number | undefined {
  return right + wrong === 0 ? undefined : right / (right + wrong)
}

/** What is wrong most often first; then, of what nobody judged, what is raised most. */
export function byDoubt(rows: readonly Precision[]): Precision[] {
  return rows.toSorted(
    (a, b) => b.wrong - a.wrong || (shareOf(a) ?? 2) - (shareOf(b) ?? 2) || b.raised - a.raised,
  )
}
