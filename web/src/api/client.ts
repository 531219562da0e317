/**
 * The service's API, typed from its OpenAPI description. In: paths and bodies as the description has them.
 * Out: data, or a thrown `Problem`. The session's CSRF token and the reader's language go with each request.
 */
import createClient, { type Middleware } from 'openapi-fetch'
import { once } from './once'
import type { components, paths } from './schema.gen'

export type Schemas = components['schemas']

/** What the service said was wrong (RFC 9457), in the reader's language; or that it could not be reached. */
export class Problem extends Error {
  readonly status: number
  /** `urn:lingting:problem:…`; `offline` when nothing answered. */
  readonly kind: string
  readonly detail: string | undefined

  constructor(status: number, kind: string, title: string, detail?: string) {
    super(title)
    this.name = 'Problem'
    this.status = status
    this.kind = kind
    this.detail = detail
  }
}

let csrf: string | undefined
let language = 'zh-CN'
let onLoggedOut: () => void = () => {}

/** What changing requests repeat; known after log-in. */
export function setCsrf(token: string | undefined): void {
  csrf = token
}

/** The language that problems are told in. */
export function setProblemLanguage(tag: string): void {
  language = tag
}

/** Called when the service no longer knows the session. */
export function whenLoggedOut(then: () => void): void {
  onLoggedOut = then
}

const READS = new Set(['GET', 'HEAD'])

/** Headers that every request carries. */
export function headersFor(method: string): Record<string, string> {
  return {
    'Accept-Language': language,
    ...(csrf && !READS.has(method) ? { 'X-CSRF-Token': csrf } : {}),
  }
}

/** Reads a refusal. */
export async function problemOf(response: Response): Promise<Problem> {
  const body = (await response.json().catch(() => null)) as Partial<Schemas['Problem']> | null
  return new Problem(
    response.status,
    body?.type ?? 'urn:lingting:problem:unknown',
    body?.title ?? `HTTP ${response.status}`,
    body?.detail ?? undefined,
  )
}

const common: Middleware = {
  onRequest({ request }) {
    for (const [name, value] of Object.entries(headersFor(request.method))) request.headers.set(name, value)
  },
  async onResponse({ response, request }) {
    if (response.ok || response.status === 304) return
    const problem = await problemOf(response)
    // Log-in itself is refused with 401 too, and so is a new password where the old one was wrong.
    const isLogIn = new URL(request.url).pathname.endsWith('/session')
    if (problem.kind.endsWith(':unauthenticated') && !isLogIn) onLoggedOut()
    throw problem
  },
  onError({ error }) {
    if (error instanceof DOMException && error.name === 'AbortError') return error
    return new Problem(
      0,
      'offline',
      language === 'zh-CN' ? '无法连接到服务' : 'The service cannot be reached',
    )
  },
}

export const api = createClient<paths>({ baseUrl: '/', fetch: once })
api.use(common)

/** The answer's body. Refusals were thrown before. */
export async function data<T>(answer: Promise<{ data?: T }>): Promise<T> {
  return (await answer).data as T
}
