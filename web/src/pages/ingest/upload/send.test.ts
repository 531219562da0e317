import { beforeEach, describe, expect, test } from 'vitest'
import { Problem } from '@/api/client'
import { type Files, PIECE_BYTES, type Piecewise, send, type Wire } from './send'

const LARGE = PIECE_BYTES * 2 + 5
const file = (size: number, name = 'a.wav') => new File([new Uint8Array(size)], name)
const fails = (status: number) => new Problem(status, 'k', `HTTP ${status}`)

/** A service that keeps bytes, and fails as told: each entry is one request's fault. */
class Service implements Wire {
  received = 0
  size = 0
  asked: string[] = []
  faults: (number | 'lost' | undefined)[] = []
  known = true

  private fault(what: string) {
    this.asked.push(what)
    const fault = this.faults.shift()
    if (typeof fault === 'number') throw fails(fault)
    return fault
  }
  private now(): Piecewise {
    const whole = this.size > 0 && this.received === this.size
    return { id: 'u1', received: this.received, ...(whole ? { entry: 'e1' } : {}) }
  }
  async whole() {
    this.fault('whole')
    return 'e0'
  }
  async announce(files: Files) {
    this.fault('announce')
    this.size = files.reduce((sum, { size }) => sum + size, 0)
    return this.now()
  }
  async state() {
    this.fault('state')
    if (!this.known) throw fails(404)
    return this.now()
  }
  async append(_: string, offset: number, piece: Blob) {
    const fault = this.fault(`append ${offset}`)
    if (offset !== this.received) throw fails(409)
    this.received += piece.size
    if (fault === 'lost') throw fails(0)
    return this.now()
  }
}

let service: Service
let sent: number[]
let begun: (string | undefined)[]
const sending = (size: number, more: object = {}) => ({
  files: [file(size)] as const,
  facts: undefined,
  signal: new AbortController().signal,
  onBegun: (id: string | undefined) => begun.push(id),
  onSent: (bytes: number) => sent.push(bytes),
  wait: async () => {},
  ...more,
})

beforeEach(() => {
  service = new Service()
  sent = []
  begun = []
})

describe('sending', () => {
  test('a small file goes at once', async () => {
    expect(await send(service, sending(10))).toBe('e0')
    expect([service.asked, sent]).toEqual([['whole'], [10]])
  })

  test('a large one in pieces, and tells how far it is', async () => {
    expect(await send(service, sending(LARGE))).toBe('e1')
    expect(service.asked).toEqual([
      'announce',
      'append 0',
      `append ${PIECE_BYTES}`,
      `append ${2 * PIECE_BYTES}`,
    ])
    expect(sent).toEqual([0, PIECE_BYTES, 2 * PIECE_BYTES, LARGE])
    expect(begun).toEqual(['u1', undefined])
  })

  test('two files go as one, small ones at once and large ones end to end', async () => {
    const pair = (size: number) => ({ files: [file(size, 'x-in.wav'), file(7, 'x-out.wav')] as const })
    expect(await send(service, sending(0, pair(10)))).toBe('e0')
    expect([service.asked, sent]).toEqual([['whole'], [17]])
    service.asked = []
    expect(await send(service, sending(0, pair(PIECE_BYTES - 3)))).toBe('e1')
    expect(service.asked).toEqual(['announce', 'append 0', `append ${PIECE_BYTES}`])
    expect(service.received).toBe(PIECE_BYTES + 4)
  })

  test('goes on where it stopped', async () => {
    service.size = LARGE
    service.received = PIECE_BYTES
    await send(service, sending(LARGE, { begun: 'u1' }))
    expect(service.asked).toEqual(['state', `append ${PIECE_BYTES}`, `append ${2 * PIECE_BYTES}`])
  })

  test('begins anew where the service has forgotten', async () => {
    service.known = false
    await send(service, sending(LARGE, { begun: 'u0' }))
    expect(service.asked.slice(0, 2)).toEqual(['state', 'announce'])
  })

  test('a lost answer sends nothing twice', async () => {
    service.faults = [undefined, 'lost']
    expect(await send(service, sending(LARGE))).toBe('e1')
    expect(service.asked.filter((what) => what === 'append 0')).toHaveLength(1)
    expect(service.received).toBe(LARGE)
  })

  test('what does not answer is asked again, and at last given up', async () => {
    service.faults = [503, 0]
    expect(await send(service, sending(10))).toBe('e0')
    service.faults = Array(6).fill(0)
    await expect(send(service, sending(10))).rejects.toMatchObject({ status: 0 })
  })

  test.each([403, 413, 422])('what is refused with %d is not asked again', async (status) => {
    service.faults = [status]
    await expect(send(service, sending(LARGE))).rejects.toMatchObject({ status })
    expect(service.asked).toEqual(['announce'])
  })

  test('a conflict that asking does not clear ends it', async () => {
    service.faults = [undefined, 409]
    await expect(send(service, sending(LARGE))).rejects.toMatchObject({ status: 409 })
    expect(service.asked).toEqual(['announce', 'append 0', 'state'])
  })

  test('stops when told to', async () => {
    const stop = new AbortController()
    service.faults = [0]
    const wait = async () => stop.abort()
    const done = send(service, sending(10, { signal: stop.signal, wait }))
    service.faults.push(0)
    await expect(done).rejects.toMatchObject({ status: 0 })
    expect(service.asked).toEqual(['whole', 'whole'])
  })
})
