import { describe, expect, test } from 'vitest'
import { twinsOf } from './names'
import { BYTES_MAX, type Known, pairUp } from './pairing'

const file = (name: string, text = 'x') => new File([text], name)
const big = (name: string, size: number) => Object.defineProperty(file(name), 'size', { value: size })
const within = (folder: string, name: string, text = 'x') =>
  Object.defineProperty(file(name, text), 'webkitRelativePath', { value: `${folder}/${name}` })
/** Files are equal to the test whatever is in them: told apart by what tells them apart on the page. */
const tag = (file: File) => `${file.webkitRelativePath || file.name} ${file.lastModified / 86_400_000}`
const tags = (all: readonly (readonly File[])[]) => all.map((files) => files.map(tag))
const namesOf = (pairs: readonly (readonly File[])[]) => pairs.map((files) => files.map(({ name }) => name))
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
    [
      'one that counts less',
      ['a.json', 'a.wav', 'a.call.json'],
      [['a.wav', 'a.call.json']],
      [['a.json', 'outdone']],
    ],
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
    return { all, twins: namesOf(sorted.twins), refused: sorted.refused.map(({ file }) => file.name) }
  }
  const decision = (one: boolean, ...names: string[]) => ({
    files: files.filter(({ name }) => names.includes(name)),
    one,
  })

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
    const decided = [
      decision(true, '8-customer.wav', '8-agent.wav'),
      decision(false, '7-in.wav', '7-out.wav'),
      decision(true, 'a.wav', 'b.wav'),
    ]
    const { all, twins } = calls({ decided })
    expect(all).toContainEqual(['8-agent.wav 8-customer.wav', true])
    expect(all).toContainEqual(['7-in.wav', false])
    expect(all).toContainEqual(['a.wav', false])
    expect(twins).toEqual([['7-in.wav', '7-out.wav']])
  })

  test('by a sidecar, which is not argued with', () => {
    const named = new Map([[sidecar, ['b.wav', 'a.wav']]])
    const { all, refused } = calls({ named, decided: [decision(false, 'a.wav', 'b.wav')] })
    expect(all).toContainEqual(['b.wav a.wav', false])
    expect(refused).toEqual([])
  })

  test('by the person also where another call has files of these names', () => {
    const again = ['7-in.wav', '7-out.wav'].map((name) => file(name, 'another call'))
    const decided = [decision(true, '7-in.wav', '7-out.wav'), { files: again, one: true }]
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
    expect(namesOf(twinsOf(names.map((name) => file(name))))).toEqual(twins)
  })
})

describe('numbers that begin anew each day', () => {
  const day = (nth: number, name: string, text = 'x') =>
    new File([text], name, { lastModified: nth * 86_400_000 })
  const set = (nth: number) => [day(nth, '7-in.wav'), day(nth, '7-out.wav')]
  const [in1, out1, in2, out2] = [...set(1), ...set(2)] as [File, File, File, File]
  const empty1 = day(1, '7-out.wav', '')
  const joined = (files: File[], known?: Known) =>
    tags(pairUp(files, known).calls.map(({ files }) => files)).filter(({ length }) => length > 1)

  test.each([
    ['two sets', [in1, out1, in2, out2]],
    ['one of whose files is empty', [in1, empty1, in2, out2]],
    ['one of whose files is missing', [in1, in2, out2]],
    ['a side written in two ways', [in1, day(1, '7_in.wav'), out1]],
    ['one of which is empty', [in1, day(1, '7_in.wav', ''), out1]],
  ])('join nobody’s files unasked: %s', (_, files) => {
    expect(joined(files)).toEqual([])
  })

  test('nor once one of them was taken out', () => {
    expect(joined([in1, out1, in2, out2], { removed: new Set([out1, in2]) })).toEqual([])
  })

  test('nor one that cannot be read', () => {
    expect(joined([in1, out1, in2, out2], { unreadable: new Set([out1]) })).toEqual([])
  })

  test('what was written at one time may be one call', () => {
    expect(tags(pairUp([in1, empty1, in2, out2]).twins)).toContainEqual([in2, out2].map(tag))
    const mixed = pairUp([in2, in1, out1, out2])
    expect(tags(mixed.twins)).toEqual(
      tags([
        [in2, out2],
        [in1, out1],
      ]),
    )
  })

  test('of several written at one time each is offered once', () => {
    const at = (name: string, text: string) => day(1, name, text)
    const files = [at('7-in.wav', 'a'), at('7-in.wav', 'bb'), at('7-out.wav', 'a'), at('7-out.wav', 'bb')]
    expect(pairUp(files).twins.map((twin) => twin.map(({ size }) => size))).toEqual([
      [1, 1],
      [2, 2],
    ])
  })

  test('each set is joined when the person says so, also the third', () => {
    const third = set(3)
    const files = [in1, out1, in2, out2, ...third]
    expect(pairUp(files).twins).toHaveLength(3)
    const sorted = pairUp(files, { decided: [{ files: third, one: true }] })
    expect(tags(sorted.calls.map(({ files }) => files))).toEqual(tags([[in1], [out1], [in2], [out2], third]))
    expect(tags(sorted.twins)).toEqual(
      tags([
        [in1, out1],
        [in2, out2],
      ]),
    )
    const all = [[in1, out1], [in2, out2], third]
    expect(joined(files, { decided: all.map((files) => ({ files, one: true })) })).toEqual(tags(all))
  })

  test.each([
    ['two sidecars of a name', [in1, out1, day(1, '7.call.json'), day(2, '7.call.json')]],
    ['a sidecar of two sets', [in1, out1, in2, out2, day(1, '7.call.json')]],
    ['a sidecar of two recordings of a name', [day(1, 'a.wav'), day(2, 'a.wav'), day(1, 'a.call.json')]],
    ['of which one is empty', [day(1, 'a.wav', ''), day(2, 'a.wav'), day(1, 'a.json')]],
  ])('facts go with no call that they may not be of: %s', (_, files) => {
    const { calls, refused } = pairUp(files)
    expect(calls.filter(({ files, sidecar }) => sidecar || files.length > 1)).toEqual([])
    const told = refused.filter(({ why }) => why !== 'empty')
    const sidecars = files.filter(({ name }) => name.endsWith('json'))
    expect(told.map(({ file, why }) => [tag(file), why])).toEqual(
      sidecars.map((file) => [tag(file), 'unclear']),
    )
  })

  test('a sidecar that names a file of two says nothing of either', () => {
    const sidecar = file('c.call.json')
    const { calls, refused } = pairUp([in1, empty1, in2, out2, sidecar], {
      named: new Map([[sidecar, ['7-in.wav', '7-out.wav']]]),
    })
    expect(tags(calls.map(({ files }) => files))).toEqual(tags([[in1], [in2], [out2]]))
    expect(refused.find(({ file }) => file === sidecar)?.why).toBe('unclear')
  })

  test('folders tell them apart, where the browser tells of folders', () => {
    const one = [within('D1', '7-in.wav'), within('D1', '7-out.wav'), within('D1', '7.call.json')] as const
    const two = [within('D2', '7-in.wav'), within('D2', '7-out.wav'), within('D2', '7.call.json')] as const
    const { calls, refused } = pairUp([...one, ...two])
    expect(calls.map(({ files, sidecar }) => [...files, sidecar!].map(tag))).toEqual(tags([one, two]))
    expect(refused).toEqual([])
    const named = new Map([[two[2], ['7-out.wav', '7-in.wav']]])
    expect(pairUp([...one, ...two], { named }).calls[1]?.files.map(tag)).toEqual([two[1], two[0]].map(tag))
  })

  test.each([
    ['one of each', [within('D1', '7-in.wav'), within('D2', '7-out.wav')]],
    [
      'beside an empty one',
      [within('D1', '7-in.wav'), within('D1', '7-out.wav', ''), within('D2', '7-out.wav')],
    ],
  ])('files of two folders are no call, nor look like one: %s', (_, files) => {
    const { calls, twins } = pairUp(files)
    expect(calls.map(({ files }) => files.length)).toEqual([1, 1])
    expect(twins).toEqual([])
  })
})

describe('the two files of a call together may have 2 GiB', () => {
  const pair = (size: number) => [big('7-in.wav', size), big('7-out.wav', size)]

  test('so much is sent', () => {
    expect(pairUp(pair(BYTES_MAX / 2)).calls).toHaveLength(1)
  })

  test('what is more in sum only is told so', () => {
    const { calls, refused } = pairUp(pair(1.2 * 1024 ** 3))
    expect(calls).toEqual([])
    expect(refused.map(({ why }) => why)).toEqual(['together', 'together'])
  })

  test('one that is more by itself is large', () => {
    expect(pairUp([big('7.wav', BYTES_MAX + 1)]).refused.map(({ why }) => why)).toEqual(['large'])
  })
})
