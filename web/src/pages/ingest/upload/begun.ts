/** Uploads that were begun in this browser: chosen again after the page was closed, a file goes on where it stopped. */
const KEPT = 'lingting.uploads'
/** The service forgets them after a week; here the oldest go first. */
const KEPT_MAX = 100

type Begun = [what: string, id: string][]

function read(): Begun {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEPT) ?? '[]')
    return Array.isArray(kept) ? kept : []
  } catch {
    return []
  }
}

/** The same files, sent by the same person with the same facts. */
export function whatOf(person: string, files: readonly File[], facts: unknown): string {
  const all = files.flatMap(({ name, size, lastModified }) => [name, size, lastModified])
  return JSON.stringify([person, ...all, facts ?? null])
}

export function begunAs(what: string): string | undefined {
  return read().find(([of]) => of === what)?.[1]
}

/** `undefined`: it has ended. */
export function keepBegun(what: string, id: string | undefined): void {
  const others = read().filter(([of]) => of !== what)
  const all = id === undefined ? others : [...others, [what, id] as [string, string]]
  localStorage.setItem(KEPT, JSON.stringify(all.slice(-KEPT_MAX)))
}
