/** Which calls are ticked. In: what was, and which row was touched how. Out: what is. */

export function toggled(ticked: ReadonlySet<string>, id: string): Set<string> {
  const next = new Set(ticked)
  if (!next.delete(id)) next.add(id)
  return next
}

/** All rows between two are ticked too; where the first is gone, the second alone. */
export function stretched(
  ticked: ReadonlySet<string>,
  ids: readonly string[],
  from: string | undefined,
  to: string,
): Set<string> {
  const [a, b] = [ids.indexOf(from ?? to), ids.indexOf(to)]
  if (a < 0 || b < 0) return new Set([...ticked, to])
  return new Set([...ticked, ...ids.slice(Math.min(a, b), Math.max(a, b) + 1)])
}
