import { describe, expect, test } from 'vitest'
import { type Known, pairKey, pairUp, twinsOf } from './pairing'

const file = (name: string, text = 'x') => new File([text], name)
const told = (...names: string[]) => {
  const { calls, refused } = pairUp(names.map((name) => file(name, name.startsWith('0') ? '' : 'x')))
  return [
    calls.map(({ files, sidecar }) => [...files.map(({ name }) => name), sidecar?.name]),
    refused.map(({ file, why }) => [file.name, why]),
  ]
}

describe('files that were chosen together', () => {
  test.each([
    ['a recording', ['a.wav'], [['a.wav', undefined]], []],
    ['with its sidecar', ['a.call.json', 'a.wav'], [['a.wav', 'a.call.json']], []],
    ['whatever its case', ['A.WAV', 'a.Call.JSON'], [['A.WAV', 'a.Call.JSON']], []],
    ['with JSON of its name', ['a.wav', 'a.json'], [['a.wav', 'a.json']], []],
    ['a chat log in JSON', ['c.json'], [['c.json', undefined]], []],
    ['a chat log in JSON with its sidecar', ['c.json', 'c.call.json'], [['c.json', 'c.call.json']], []],
    [
      'one sidecar for two',
      ['a.wav', 'a.mp3', 'a.call.json'],
      [
        ['a.wav', 'a.call.json'],
        ['a.mp3', 'a.call.json'],
      ],
      [],
    ],
    ['a sidecar alone', ['a.call.json'], [], [['a.call.json', 'alone']]],
    [
      'what systems leave',
      ['.DS_Store', 'Thumbs.db'],
      [],
      [
        ['.DS_Store', 'hidden'],
        ['Thumbs.db', 'hidden'],
      ],
    ],
    ['nothing in it', ['0.wav'], [], [['0.wav', 'empty']]],
    ['dots in names', ['a.1.wav', 'a.1.call.json'], [['a.1.wav', 'a.1.call.json']], []],
  ])('%s', (_, names, calls, refused) => {
    expect(told(...names)).toEqual([calls, refused])
  })
})

describe('the two sides of a call are one call, what a party says before what it hears', () => {
  const one = (...of: (string | undefined)[]) => [[of], []]
  test.each([
    ['in the order of legs', ['7-out.wav', '7-in.wav'], one('7-in.wav', '7-out.wav', undefined)],
    ['whatever their case', ['7_TX.WAV', '7_rx.wav'], one('7_rx.wav', '7_TX.WAV', undefined)],
    ['as they are joined', ['录音.in.mp3', '录音-out.mp3'], one('录音.in.mp3', '录音-out.mp3', undefined)],
    [
      'with their sidecar',
      ['7-in.wav', '7.call.json', '7-out.wav'],
      one('7-in.wav', '7-out.wav', '7.call.json'),
    ],
    ['with JSON of their name', ['7.json', '7-in.wav', '7-out.wav'], one('7-in.wav', '7-out.wav', '7.json')],
    [
      'with one’s sidecar',
      ['7-in.wav', '7-out.wav', '7-out.call.json'],
      one('7-in.wav', '7-out.wav', '7-out.call.json'),
    ],
  ])('%s', (_, names, wanted) => {
    expect(told(...names)).toEqual(wanted)
  })

  test.each([
    ['another call', ['7-in.wav', '8-out.wav']],
    ['another pair', ['7-in.wav', '7-tx.wav']],
    ['another form', ['7-in.wav', '7-out.mp3']],
    ['chats', ['7-in.csv', '7-out.csv']],
    ['no call before it', ['in.wav', 'out.wav']],
    ['a lone one', ['7-in.wav']],
  ])('not %s', (_, names) => {
    expect(told(...names)).toEqual([names.map((name) => [name, undefined]), []])
  })

  test('of which one is empty, the other is sent alone', () => {
    expect(told('0-in.wav', '0-out.wav', '1-in.wav')).toEqual([
      [['1-in.wav', undefined]],
      [
        ['0-in.wav', 'empty'],
        ['0-out.wav', 'empty'],
      ],
    ])
  })
})

describe('what belongs together otherwise is said', () => {
  const files = ['7-in.wav', '7-out.wav', 'a.wav', 'b.wav', '8-agent.wav', '8-customer.wav'].map((name) =>
    file(name),
  )
  const sidecar = file('c.call.json')
  const calls = (known: Known) => {
    const sorted = pairUp([...files, sidecar], known)
    const all = sorted.calls.map(({ files, parts }) => [
      files.map(({ name }) => name).join(' '),
      Boolean(parts),
    ])
    return { all, twins: sorted.twins, refused: sorted.refused.map(({ file }) => file.name) }
  }
  const key = (...names: string[]) => pairKey(names)

  test('by nobody: names that may mean it are told of', () => {
    expect(calls({})).toEqual({
      all: [
        ['7-in.wav 7-out.wav', true],
        ...['a.wav', 'b.wav', '8-agent.wav', '8-customer.wav'].map((name) => [name, false]),
      ],
      twins: [['8-agent.wav', '8-customer.wav']],
      refused: ['c.call.json'],
    })
  })

  test('by the person, who may also take apart what names tell', () => {
    const decided = {
      [key('8-customer.wav', '8-agent.wav')]: true,
      [key('7-in.wav', '7-out.wav')]: false,
      [key('a.wav', 'b.wav')]: true,
    }
    const { all, twins } = calls({ decided })
    expect(all).toContainEqual(['8-agent.wav 8-customer.wav', true])
    expect(all).toContainEqual(['7-in.wav', false])
    expect(all).toContainEqual(['a.wav', false])
    expect(twins).toEqual([['7-in.wav', '7-out.wav']])
  })

  test('by a sidecar, which is not argued with', () => {
    const named = new Map([[sidecar, ['b.wav', 'a.wav']]])
    const { all, refused } = calls({ named, decided: { [key('a.wav', 'b.wav')]: false } })
    expect(all).toContainEqual(['b.wav a.wav', false])
    expect(refused).toEqual([])
  })

  test('by the person also where another call has files of these names', () => {
    const again = ['7-in.wav', '7-out.wav'].map((name) => file(name, 'another call'))
    const decided = { [key('7-in.wav', '7-out.wav')]: true }
    const joined = pairUp([...files, ...again], { decided }).calls.filter(({ parts }) => parts)
    expect(joined.map(({ files }) => files.map(({ size }) => size))).toEqual([
      [1, 1],
      [12, 12],
    ])
  })

  test.each([
    [['a.wav', 'gone.wav']],
    [['a.wav', 'a.wav']],
    [['a.wav', 'b.wav', '7-in.wav']],
  ])('not by a sidecar that names %j', (names) => {
    const { all, refused } = calls({ named: new Map([[sidecar, names]]) })
    expect(all).toContainEqual(['a.wav', false])
    expect(refused).toEqual(['c.call.json'])
  })
})

describe('recordings that look like two legs of one call', () => {
  test.each([
    ['endings', ['a.wav', 'A.mp3', 'b.wav'], [['a.wav', 'A.mp3']]],
    ['parties', ['7-customer.wav', '7-agent.wav'], [['7-agent.wav', '7-customer.wav']]],
    ['directions', ['7_rx.wav', '7_tx.wav', '8_rx.wav'], [['7_rx.wav', '7_tx.wav']]],
    ['channels', ['x.ch1.wav', 'x.ch2.wav'], [['x.ch1.wav', 'x.ch2.wav']]],
    ['the same name from two folders is none', ['a.wav', 'a.wav'], []],
    ['a series is none', ['call_1.wav', 'call_2.wav', 'agent.wav', 'customer.wav'], []],
  ])('%s', (_, names, twins) => {
    expect(twinsOf(names)).toEqual(twins)
  })
})
