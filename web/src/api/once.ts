/**
 * Sends what changes something once: the same request, asked for again while it is under way (a double click, Enter held
 * down), gets the first one's answer. Bytes of files go as they are, and so does what outlives the page.
 */

const underWay = new Map<string, Promise<Response>>()

export async function once(request: Request): Promise<Response> {
  const isJson = request.headers.get('Content-Type')?.startsWith('application/json') ?? false
  // Reading the body takes a moment, and what is sent as the page is left has none.
  if (request.method === 'GET' || request.keepalive || (request.body !== null && !isJson))
    return fetch(request)
  const body = isJson ? await request.clone().text() : ''
  const key = [request.method, request.url, request.headers.get('If-Match') ?? '', body].join('\n')
  let answer = underWay.get(key)
  if (!answer) {
    answer = fetch(request).finally(() => underWay.delete(key))
    underWay.set(key, answer)
  }
  // Each reads a copy of its own.
  return (await answer).clone()
}
