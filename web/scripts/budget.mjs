/**
 * Holds the app to its sizes, compressed: what the first page needs before it can be used, and each page after it.
 * Out: a table, and exit status 1 when something is too large.
 */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Bytes. */
const SHELL_MAX = 300_000
const PAGE_MAX = 420_000

const dist = new URL('../dist/', import.meta.url).pathname

/** @type {Record<string, {file: string, src?: string, isEntry?: boolean, isDynamicEntry?: boolean, imports?: string[], css?: string[]}>} */
const manifest = JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8'))

const size = (file) => {
  const packed = join(dist, `${file}.br`)
  return statSync(existsSync(packed) ? packed : join(dist, file)).size
}

/** All files that a chunk needs at once. */
function needed(key, seen = new Set()) {
  const chunk = manifest[key]
  if (!chunk || seen.has(chunk.file)) return seen
  seen.add(chunk.file)
  for (const css of chunk.css ?? []) seen.add(css)
  for (const other of chunk.imports ?? []) needed(other, seen)
  return seen
}
const sum = (files) => [...files].reduce((total, file) => total + size(file), 0)

const entry = Object.keys(manifest).find((key) => manifest[key]?.isEntry)
if (!entry) throw new Error('no entry in the manifest: run `npm run build`')
const shell = needed(entry)
const rows = [['shell', sum(shell), SHELL_MAX]]
for (const [key, chunk] of Object.entries(manifest)) {
  if (!chunk.isDynamicEntry) continue
  const more = [...needed(key)].filter((file) => !shell.has(file))
  rows.push([chunk.src ?? key, sum(more), PAGE_MAX])
}
let over = false
for (const [name, bytes, most] of rows) {
  over ||= bytes > most
  console.log(
    `${(bytes / 1000).toFixed(1).padStart(8)} kB of ${most / 1000}  ${name}${bytes > most ? '  TOO LARGE' : ''}`,
  )
}
process.exit(over ? 1 : 0)
