import { expect, test } from 'vitest'
import { changeOf } from './change'

const person = {
  id: '1',
  login: 'li',
  name: '李',
  role: 'client',
  scope: { all: false, grants: [{ client: 'A' }] },
  subject: 'x#1',
  created: '',
}

test.each([
  [
    'nothing',
    { name: '李 ', role: 'client', scope: { all: false, grants: [{ client: 'A' }] }, subject: 'x#1' },
    {},
  ],
  ['a name', { name: '王', subject: 'x#1' }, { name: '王' }],
  ['a role', { role: 'reviewer', subject: 'x#1' }, { role: 'reviewer' }],
  ['a wider scope', { scope: { all: true }, subject: 'x#1' }, { scope: { all: true } }],
  ['no subject any more', { subject: '' }, { subject: '' }],
])('%s', (_, written, change) => {
  expect(changeOf(person, written)).toEqual(change)
})
