import { expect, test } from 'vitest'
import { waysOf } from './modes'

const all = () => true
test.each([
  ['all', { modes: ['listen', 'coach', 'barge'] as const }, all, [undefined, undefined, undefined]],
  [
    'some',
    { modes: ['listen'] as const, modes_why: { coach: 'no PBX' } },
    all,
    [undefined, 'no PBX', 'call'],
  ],
  [
    'no leave',
    { modes: ['listen', 'barge'] as const },
    (a: string) => a !== 'live.barge',
    [undefined, 'call', 'leave'],
  ],
])('%s', (_, call, can, expected) => {
  expect(waysOf({ ...call, modes: [...call.modes] }, can).map(({ why }) => why)).toEqual(expected)
})
