/** The second file of a call of two. */
const OTHER_SIDE = /^the other side of the call/

/** What to do about a file: told from its state and from what the system said, which is kept in English. */
const SAID: [RegExp, Remedy][] = [
  [/^duplicate of call/, 'r_duplicate'],
  [OTHER_SIDE, 'r_other_side'],
  [/^gone:/, 'r_gone'],
  [/ffmpeg/i, 'r_ffmpeg'],
  [/sidecar|随附/i, 'r_sidecar'],
  [/no column|conversations:|no message with a text|no speaker/i, 'r_columns'],
  [/not audio|no recording|no audio/i, 'r_not_audio'],
  [/\bmodels?\b/i, 'r_model'],
  [/must (both )?be mono|mono file/i, 'r_pair'],
  [/free space|no space left/i, 'r_space'],
  [/cannot be read|permission/i, 'r_read'],
]

export type Remedy =
  | 'r_duplicate'
  | 'r_gone'
  | 'r_other_side'
  | 'r_not_audio'
  | 'r_columns'
  | 'r_sidecar'
  | 'r_ffmpeg'
  | 'r_model'
  | 'r_read'
  | 'r_space'
  | 'r_pair'
  | 'r_quarantined'
  | 'r_failed'
  | 'r_skipped'

const ELSE: Record<string, Remedy> = {
  quarantined: 'r_quarantined',
  failed: 'r_failed',
  skipped: 'r_skipped',
}

/** `undefined` where there is nothing to do: it is on its way, or done. */
export function remedyOf(state: string, why: string | null | undefined): Remedy | undefined {
  const otherwise = ELSE[state]
  if (!otherwise) return undefined
  return SAID.find(([words]) => why && words.test(why))?.[1] ?? otherwise
}

/** A file's own name; the folders before it are shown where there is room. */
export function fileName(path: string): string {
  return path.split(/[/\\]/).filter(Boolean).at(-1) ?? path
}

/** What was said without the path that it begins with: that stands beside it. */
export function briefly(why: string, path: string): string {
  return why.startsWith(`${path}: `) ? why.slice(path.length + 2) : why
}

/** Whether a file may begin again by itself: the other file of a call goes with its first. */
export function isOtherSide(why: string | null | undefined): boolean {
  return OTHER_SIDE.test(why ?? '')
}

/** The call that has the same content already. */
export function duplicateOf(why: string | null | undefined): string | undefined {
  return why?.match(/^duplicate of call (\S+)/)?.[1]
}
