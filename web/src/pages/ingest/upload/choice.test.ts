import { describe, expect, test } from 'vitest'
import { added, decidedOn, NOTHING, readOf, without } from './choice'
import { pairUp } from './pairing'

const file = (name: string, text = 'x', lastModified = 0) =>
  new File([text], name, { lastModified, type: 'audio/wav' })
const broken = (name: string, type: string) => {
  const fails = async () => {
    throw new DOMException('gone', 'NotReadableError')
  }
  const file = new File(['{}'], name, { lastModified: 0, type })
  return Object.assign(file, { text: fails, slice: () => ({ arrayBuffer: fails }) })
}
const chosen = async (files: File[], before = NOTHING) => added(before, files, await readOf(files))

describe('files that are chosen', () => {
  test('are added though one among them cannot be read, which is told', async () => {
    const files = [
      file('a.wav'),
      broken('a.call.json', 'application/json'),
      broken('2026-11-22', ''),
      file('b.wav'),
    ]
    const choice = await chosen(files)
    const { calls, refused } = pairUp(choice.files, choice)
    expect(calls.map(({ files, sidecar }) => [files[0].name, sidecar])).toEqual([
      ['a.wav', undefined],
      ['b.wav', undefined],
    ])
    expect(refused.map(({ file, why }) => [file.name, why])).toEqual([
      ['a.call.json', 'unreadable'],
      ['2026-11-22', 'unreadable'],
    ])
  })

  test('are read anew when that failed before', async () => {
    const before = await chosen([file('a.wav'), broken('a.call.json', 'application/json')])
    const sidecar = new File(['{}'], 'a.call.json', { lastModified: 0 })
    const choice = await chosen([sidecar], before)
    expect(pairUp(choice.files, choice)).toMatchObject({ calls: [{}], refused: [] })
    expect(pairUp(choice.files, choice).calls[0]?.sidecar).toBe(sidecar)
  })

  test('tell of the files that sidecars name', async () => {
    const sidecar = new File(['{"files": ["b.wav", "a.wav"]}'], 'c.call.json')
    const choice = await chosen([file('a.wav'), file('b.wav'), sidecar])
    expect(pairUp(choice.files, choice).calls.map(({ files }) => files.map(({ name }) => name))).toEqual([
      ['b.wav', 'a.wav'],
    ])
  })

  test('are there once, however often they are chosen', async () => {
    const before = await chosen([file('a.wav'), file('a.wav')])
    expect(
      (await chosen([file('a.wav'), file('a.wav', 'other'), file('a.wav', 'x', 1)], before)).files,
    ).toHaveLength(3)
  })

  test('come back after they were taken out', async () => {
    const [a, b] = [file('a.wav'), file('b.wav')]
    const less = without(await chosen([a, b]), [a])
    expect(pairUp(less.files, less).calls.flatMap(({ files }) => files.map(({ name }) => name))).toEqual([
      'b.wav',
    ])
    const again = await chosen([file('a.wav')], less)
    expect(pairUp(again.files, again).calls.map(({ files: [file] }) => file === a || file === b)).toEqual([
      true,
      true,
    ])
  })

  test('and all taken out leave nothing', async () => {
    const a = file('a.wav')
    expect(without(await chosen([a]), [a])).toBe(NOTHING)
  })

  test('are one call as the person said last', async () => {
    const legs = [file('7-in.wav'), file('7-out.wav')]
    const parted = decidedOn(await chosen(legs), legs, false)
    expect(pairUp(parted.files, parted).calls).toHaveLength(2)
    const again = decidedOn(parted, legs.toReversed(), true)
    expect(again.decided).toHaveLength(1)
    expect(pairUp(again.files, again).calls).toHaveLength(1)
  })
})
