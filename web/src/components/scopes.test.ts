import { expect, test } from 'vitest'
import { faultOf, tidied } from './scopes'

test.each([
  ['reviewer', { all: true }, undefined],
  ['reviewer', { grants: [] }, 'nothing'],
  ['reviewer', { grants: [{ client: ' ' }] }, 'nothing'],
  ['reviewer', { grants: [{ team: '3' }] }, undefined],
  ['client', { all: true }, 'not_all'],
  ['client', { grants: [] }, 'client'],
  ['client', { grants: [{ client: 'A' }, { vendor: 'B' }] }, 'client'],
  ['client', { grants: [{ client: 'A', vendor: 'B' }] }, undefined],
  ['vendor_manager', { grants: [{ client: 'A' }] }, 'vendor'],
  ['agent', { grants: [{ agent: '7' }] }, undefined],
  [undefined, { grants: [{ agent: '7' }] }, undefined],
])('%s with %j', (role, scope, fault) => {
  expect(faultOf(role, scope)).toBe(fault)
})

test('blanks go', () => {
  expect(tidied({ all: false, grants: [{ client: ' A ', team: '' }, { agent: null }] })).toEqual({
    grants: [{ client: 'A' }],
  })
  expect(tidied({ all: true, grants: [{ client: 'A' }] })).toEqual({ all: true })
})
