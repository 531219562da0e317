import { expect, test } from 'vitest'
import { factsOf, filesNamed, NoFacts } from './facts'

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

test('the legs of a call are told in order, unless its sidecar does', () => {
  const legs = ['a.wav', 'b.wav']
  expect(factsOf({ team: '1' }, undefined, legs)).toEqual({ team: '1', files: legs })
  expect(factsOf({}, '{"files": ["b.wav", "a.wav"]}', legs)).toEqual({ files: ['b.wav', 'a.wav'] })
})

test.each([
  ['{"files": ["a.wav", "b.wav"]}', ['a.wav', 'b.wav']],
  ['{"files": "a.wav"}', []],
  ['{"files": [1, "a.wav"]}', []],
  ['null', []],
  ['[', []],
])('files that a sidecar names: %s', (text, names) => {
  expect(filesNamed(text)).toEqual(names)
})
