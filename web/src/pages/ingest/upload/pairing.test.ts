import { describe, expect, test } from 'vitest'
import { pairUp, twinsOf } from './pairing'

const file = (name: string, text = 'x') => new File([text], name)
const told = (...names: string[]) => {
  const { pairs, refused } = pairUp(names.map((name) => file(name, name.startsWith('0') ? '' : 'x')))
  return [
    pairs.map(({ file, sidecar }) => [file.name, sidecar?.name]),
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
  ])('%s', (_, names, pairs, refused) => {
    expect(told(...names)).toEqual([pairs, refused])
  })
})

describe('recordings that look like two legs of one call', () => {
  test.each([
    ['endings', ['a.wav', 'A.mp3', 'b.wav'], [['a.wav', 'A.mp3']]],
    ['parties', ['7-customer.wav', '7-agent.wav'], [['7-agent.wav', '7-customer.wav']]],
    ['directions', ['7_rx.wav', '7_tx.wav', '8_rx.wav'], [['7_rx.wav', '7_tx.wav']]],
    ['channels', ['x.ch1.wav', 'x.ch2.wav'], [['x.ch1.wav', 'x.ch2.wav']]],
    ['a series is none', ['call_1.wav', 'call_2.wav', 'agent.wav', 'customer.wav'], []],
  ])('%s', (_, names, twins) => {
    expect(twinsOf(names)).toEqual(twins)
  })
})
