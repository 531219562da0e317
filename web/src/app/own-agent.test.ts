import { expect, test } from 'vitest'
import { ownAgent } from './own-agent'
import type { Me } from './session'

const me = (scope: Me['person']['scope']) => ({
  person: { id: 'p', login: 'l', name: 'n', role: 'agent', created: '', scope },
})

test.each<[Me['person']['scope'], string | undefined]>([
  [{ grants: [{ agent: '2208' }] }, '2208'],
  [
    {
      grants: [
        { agent: '2208', vendor: 'a' },
        { agent: '2208', vendor: 'b' },
      ],
    },
    '2208',
  ],
  [{ grants: [{ agent: '2208' }, { agent: '2209' }] }, undefined],
  [{ grants: [{ agent: '2208' }, { team: 'a' }] }, undefined],
  [{ grants: [{ team: 'a' }] }, undefined],
  [{ all: true, grants: [] }, undefined],
  [{}, undefined],
])('%j is the scope of %s', (scope, agent) => {
  expect(ownAgent(me(scope))).toBe(agent)
})
