import { expect, test } from 'vitest'
import { joinOf, waysOf } from './modes'

const all = () => true
const none = { listen: 'no_handle', coach: 'no_handle', barge: 'of a newer service' }
test.each([
  ['all', ['listen', 'coach', 'barge'], {}, all, [undefined, undefined, undefined]],
  [
    'some',
    ['listen'],
    { coach: 'unable', barge: 'no_connector' },
    all,
    [undefined, 'unable', 'no_connector'],
  ],
  ['none', [], none, all, ['no_handle', 'no_handle', 'unable']],
  [
    'no leave',
    ['listen', 'barge'],
    { coach: 'unable' },
    (action: string) => action !== 'live.barge',
    [undefined, 'unable', 'leave'],
  ],
])('%s', (_, modes, modes_why, can, expected) => {
  expect(waysOf({ modes, modes_why }, can).map(({ why }) => why)).toEqual(expected)
})

test('what one takes part in by telephone', () => {
  const one = { name: '', since: '', mode: 'coach' }
  const supervisors = [
    { ...one, person: 'me' },
    { ...one, person: 'other', join_id: 'j1' },
    { ...one, person: 'me', join_id: 'j2' },
  ]
  expect(joinOf({ supervisors }, 'me')).toEqual({ join_id: 'j2', mode: 'coach' })
  expect(joinOf({ supervisors: supervisors.slice(0, 2) }, 'me')).toBeUndefined()
})
