/** What is known about a call: its sidecar's words, and where it says nothing, what the person said of all files. */
export interface Said {
  client?: string
  vendor?: string
  project?: string
  team?: string
  agent?: string
}

export const SAID = ['client', 'vendor', 'project', 'team', 'agent'] as const

export type Facts = Record<string, unknown>

/** A sidecar that is no JSON object. */
export class NoFacts extends Error {}

/** The files that a sidecar names as its call's; none where it is none. What is wrong with it is told when it is sent. */
export function filesNamed(sidecar: string): string[] {
  try {
    const files: unknown = JSON.parse(sidecar)?.files
    return Array.isArray(files) && files.every((name) => typeof name === 'string') ? files : []
  } catch {
    return []
  }
}

/** `undefined` where nothing is known. `files` are the names of a call's two, in leg order. */
export function factsOf(said: Said, sidecar?: string, files?: string[]): Facts | undefined {
  const facts: Facts = files ? { files } : {}
  for (const name of SAID) {
    const value = said[name]?.trim()
    if (value) facts[name] = name === 'agent' ? { id: value } : value
  }
  if (sidecar !== undefined) {
    let own: unknown
    try {
      own = JSON.parse(sidecar)
    } catch (error) {
      throw new NoFacts(String(error))
    }
    if (own === null || typeof own !== 'object' || Array.isArray(own)) throw new NoFacts('{…}')
    for (const [name, value] of Object.entries(own)) if (value !== null) facts[name] = value
  }
  return Object.keys(facts).length > 0 ? facts : undefined
}
