import { expect, test } from 'vitest'
import { isForeign, titleIn, toldApart } from './titles'

test('criteria that are called the same are told apart by their rubrics', () => {
  const titled = [
    { rubric: 'in', title: '问候' },
    { rubric: 'out', title: '问候' },
    { rubric: 'in', title: '道别' },
  ]
  expect(toldApart(titled).map(({ title }) => title)).toEqual(['问候 (in)', '问候 (out)', '道别'])
})

test.each([
  ['报工号', true, false],
  ['Gives the agent number', true, true],
  ['报工号', false, true],
  ['Gives the agent number', false, false],
])('%s, read in Chinese: %s, is foreign: %s', (title, chinese, foreign) => {
  expect(isForeign(title, chinese)).toBe(foreign)
})

const OUTLINES = { etiquette: { title: { zh: '礼仪', en: 'Etiquette' }, criteria: [hello()] } }
function hello() {
  return { id: 'hello', title: { zh: '问候', en: 'Greets' } }
}

test('a criterion is called what its rubric calls it now; one that is gone keeps the name it had', () => {
  expect(titleIn(OUTLINES, false, 'etiquette', 'hello', '问候')).toBe('Greets')
  expect(titleIn(OUTLINES, true, 'etiquette', 'hello', 'Greets')).toBe('问候')
  expect(titleIn(OUTLINES, false, 'etiquette', 'gone', '旧项')).toBe('旧项')
  expect(titleIn(OUTLINES, false, 'manual', 'hello', '自定')).toBe('自定')
})

test('without a criterion it is the rubric that is called', () => {
  expect(titleIn(OUTLINES, false, 'etiquette', undefined, '礼仪')).toBe('Etiquette')
})
