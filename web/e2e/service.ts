/**
 * Starts the real binary on an empty store, sets it up, makes a person of each role and loads the sample calls with
 * the one click that a new user has. Out: `E2E_URL` for the tests; what ends it all again.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PEOPLE } from './people'

/** Eight recordings in a debug build on two busy cores, in ms. */
const SAMPLES_MAX_MS = 600_000

const root = new URL('../..', import.meta.url).pathname

export class Client {
  readonly url: string
  private cookie = ''
  private csrf = ''
  constructor(url: string) {
    this.url = url
  }

  async ask<T = unknown>(method: string, path: string, body?: unknown): Promise<T> {
    const headers: Record<string, string> = { cookie: this.cookie, 'x-csrf-token': this.csrf }
    if (body !== undefined) headers['content-type'] = 'application/json'
    const answer = await fetch(this.url + path, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
    const set = answer.headers.get('set-cookie')
    if (set) this.cookie = set.split(';')[0]!
    const value = text ? JSON.parse(text) : undefined
    if (value?.csrf) this.csrf = value.csrf
    return value as T
  }
}

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms))

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((done) => probe.listen(0, '127.0.0.1', done))
  const address = probe.address()
  await new Promise((done) => probe.close(done))
  return typeof address === 'object' && address ? address.port : 0
}

/** A way in for calls that are played by `lingting simulate`. */
export const LIVE = { name: 'demo', token: 'abcdefghijklmnop1234' }

export function binary(): string {
  const target = process.env.CARGO_TARGET_DIR ?? join(root, 'target')
  const file = process.env.LINGTING_BIN ?? join(target, 'debug', 'lingting')
  if (!existsSync(file))
    throw new Error(`${file} is not there: run cargo build first, or name one with LINGTING_BIN=`)
  return file
}

/** The code that it prints on an empty store. */
function started(service: ChildProcess): Promise<string> {
  return new Promise((done, fail) => {
    let said = ''
    const hear = (chunk: Buffer) => {
      said += chunk.toString()
      const code = /set-up code: (\S+)/.exec(said)?.[1]
      if (code) done(code)
    }
    service.stdout?.on('data', hear)
    service.stderr?.on('data', hear)
    service.on('exit', (status) => fail(new Error(`the service ended with ${status}:\n${said}`)))
  })
}

export async function fill(client: Client, code: string) {
  const { login, name, password } = PEOPLE.administrator
  await client.ask('POST', '/api/v1/setup', { code, login, name, password })
  const calls = await sampleCalls(client)
  for (const [role, person] of Object.entries(PEOPLE)) {
    if (role === 'administrator') continue
    const scope = scopeOf(role, calls)
    await client.ask('POST', '/api/v1/people', { ...person, role, scope })
  }
}

interface Call {
  client?: string
  agent?: string
}

function scopeOf(role: string, calls: Call[]) {
  const of = (key: keyof Call) => calls.find((call) => call[key])?.[key]
  if (role === 'client') return { grants: [{ client: of('client') }] }
  if (role === 'agent') return { grants: [{ agent: of('agent') }] }
  return { all: true }
}

/** All of them, analysed. */
async function sampleCalls(client: Client): Promise<Call[]> {
  const { total } = await client.ask<{ total: number }>('POST', '/api/v1/samples')
  for (const until = Date.now() + SAMPLES_MAX_MS; Date.now() < until; await pause(500)) {
    const { items } = await client.ask<{ items: Call[] }>('GET', '/api/v1/calls?limit=200')
    if (items.length >= total) return items
  }
  throw new Error(`the ${total} sample calls were not analysed in ${SAMPLES_MAX_MS / 1000} s`)
}

export interface Served {
  url: string
  /** Makes the first administrator. */
  code: string
  end: () => Promise<unknown>
}

/** A service with an empty store in this folder; its configuration's lines beside what all of them have. */
export async function serve(data: string, config = ''): Promise<Served> {
  const url = `http://127.0.0.1:${await freePort()}`
  const file = join(data, 'e2e.toml')
  // The receiver of the webhooks' test stands on this machine.
  writeFileSync(file, `webhook_hosts = ["127.0.0.1"]\n${config}`)
  const service = spawn(binary(), ['serve', '--config', file, '--data', data, '--listen', url.slice(7)], {
    env: { ...process.env, LANG: 'C.UTF-8' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const end = () => {
    const ended = new Promise((done) => service.once('exit', done))
    service.kill('SIGTERM')
    return Promise.race([ended, pause(20_000).then(() => service.kill('SIGKILL'))])
  }
  try {
    return { url, code: await started(service), end }
  } catch (error) {
    await end()
    throw error
  }
}

export default async function setup() {
  if (process.env.E2E_URL) return
  const data = mkdtempSync(join(tmpdir(), 'lingting-e2e-'))
  const live = `[[live]]\nkind = "media-stream"\nname = "${LIVE.name}"\ntoken = "${LIVE.token}"\n`
  const { url, code, end } = await serve(data, live)
  const finish = async () => {
    await end()
    rmSync(data, { recursive: true, force: true })
  }
  try {
    await fill(new Client(url), code)
  } catch (error) {
    await finish()
    throw error
  }
  process.env.E2E_URL = url
  return finish
}
