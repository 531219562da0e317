/** After a build: compresses what the service hands out, once and hard, so that it need not at each request. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'

const dist = new URL('../dist/', import.meta.url).pathname
const TEXTS = /\.(js|css|svg|json)$/

for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
  const file = join(dist, name)
  if (!TEXTS.test(name) || statSync(file).isDirectory()) continue
  const bytes = readFileSync(file)
  const packed = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } })
  if (packed.length < bytes.length) writeFileSync(`${file}.br`, packed)
}
