import { expect, test } from 'vitest'
import { factsOf, NoFacts } from './facts'

test.each([
  ['nothing', {}, undefined, undefined],
  ['blanks', { client: ' ' }, undefined, undefined],
  ['what the person said', { client: 'A', agent: '7' }, undefined, { client: 'A', agent: { id: '7' } }],
  ['the sidecar counts more', { client: 'A', team: '1' }, '{"client": "B"}', { client: 'B', team: '1' }],
  ['null says nothing', { client: 'A' }, '{"client": null}', { client: 'A' }],
  ['an empty sidecar', {}, '{}', undefined],
])('%s', (_, said, sidecar, facts) => {
  expect(factsOf(said, sidecar)).toEqual(facts)
})

test.each(['', '[', '[]', 'null', '"a"'])('no sidecar: %s', (text) => {
  expect(() => factsOf({}, text)).toThrow(NoFacts)
})
