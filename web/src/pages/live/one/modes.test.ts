import { expect, test } from 'vitest'
import { joinOf, waysOf } from './modes'

const all = () => true
test.each([
  ['all', ['listen', 'coach', 'barge'], all, [undefined, undefined, undefined]],
  ['some', ['listen'], all, [undefined, 'call', 'call']],
  ['none', [], all, ['call', 'call', 'call']],
  [
    'no leave',
    ['listen', 'barge'],
    (action: string) => action !== 'live.barge',
    [undefined, 'call', 'leave'],
  ],
])('%s', (_, modes, can, expected) => {
  expect(waysOf({ modes }, can).map(({ why }) => why)).toEqual(expected)
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
