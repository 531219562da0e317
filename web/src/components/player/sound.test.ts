import { expect, test, vi } from 'vitest'
import { pieceAt, Sound, samePiece } from './sound'

test.each<[number, number | null, number, number]>([
  [10, 12, 8.5, 12.6],
  [0.4, 2, 0, 2.6],
  [5, null, 3.5, 5.6],
  [5, 4, 3.5, 5.6],
])('evidence from %d to %s is played from %d to %d', (start, end, from, to) => {
  const piece = pieceAt('1', start, end)
  expect(piece.from).toBeCloseTo(from)
  expect(piece.to).toBeCloseTo(to)
})

test('pieces are the same in the same call at the same place', () => {
  expect(samePiece(pieceAt('1', 3, 4), pieceAt('1', 3, 4))).toBe(true)
  expect(samePiece(pieceAt('1', 3, 4), pieceAt('2', 3, 4))).toBe(false)
  expect(samePiece({ callId: '1', from: 3 }, pieceAt('1', 4.5, 9))).toBe(false)
  expect(samePiece(undefined, pieceAt('1', 3, 4))).toBe(false)
})

/** A sound whose element plays at once. */
function sounding() {
  let paused = true
  let element: HTMLMediaElement | undefined
  const tell = (of: HTMLMediaElement, name: string) => of.dispatchEvent(new Event(name))
  vi.spyOn(HTMLMediaElement.prototype, 'paused', 'get').mockImplementation(() => paused)
  vi.spyOn(HTMLMediaElement.prototype, 'readyState', 'get').mockReturnValue(4)
  vi.spyOn(HTMLMediaElement.prototype, 'duration', 'get').mockReturnValue(60)
  vi.spyOn(HTMLMediaElement.prototype, 'play').mockImplementation(async function (this: HTMLMediaElement) {
    element = this
    paused = false
    tell(this, 'loadedmetadata')
    tell(this, 'playing')
  })
  vi.spyOn(HTMLMediaElement.prototype, 'pause').mockImplementation(function (this: HTMLMediaElement) {
    paused = true
    tell(this, 'pause')
  })
  const sound = new Sound()
  const at = (seconds: number) => {
    element!.currentTime = seconds
    tell(element!, 'timeupdate')
  }
  return { sound, at, state: () => sound.snapshot()?.state, time: () => sound.snapshot()?.time }
}

test('a piece stops where it ends, and begins anew when asked again', () => {
  const { sound, at, state, time } = sounding()
  sound.toggle({ callId: '1', from: 8, to: 10 })
  expect([state(), time()]).toEqual(['playing', 8])
  at(9)
  expect([state(), time()]).toEqual(['playing', 9])
  at(10.1)
  expect(state()).toBe('paused')
  sound.toggle({ callId: '1', from: 8, to: 10 })
  expect([state(), time()]).toEqual(['playing', 8])
})

test('without an end it pauses, and goes on from there', () => {
  const { sound, at, state, time } = sounding()
  const rest = { callId: '1', from: 8 }
  sound.toggle(rest)
  at(30)
  sound.toggle(rest)
  expect([state(), time()]).toEqual(['paused', 30])
  sound.toggle(rest)
  expect([state(), time()]).toEqual(['playing', 30])
  sound.seek(90)
  expect(time()).toBe(60)
  sound.close()
  expect(sound.snapshot()).toBeNull()
})
