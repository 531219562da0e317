import { expect, test } from 'vitest'
import type { Schemas } from '@/api/client'
import { alternatives, asDecision, complete, standing } from './verdicts'

const finding = { rubric: 'r', criterion: 'c', verdict: 'not_met' }

test.each([
  ['met', ['not_met', 'not_applicable']],
  ['not_met', ['met', 'not_applicable']],
  ['undetermined', ['met', 'not_met', 'not_applicable']],
])('instead of %s may hold %j', (machine, others) => {
  expect(alternatives(machine)).toEqual(others)
})

test.each([
  [{ choice: 'agree', comment: '' }, 'met', true],
  [{ choice: 'not_assessable', comment: ' ' }, 'met', false],
  [{ choice: 'overturn', comment: '误识别' }, 'not_met', true],
  [{ choice: 'overturn', comment: '误识别' }, 'undetermined', false],
  [{ choice: 'overturn', comment: '误识别', verdict: 'met' }, 'undetermined', true],
  [{ choice: 'overturn', comment: '误识别', verdict: 'met' }, 'met', false],
] as const)('%j on %s can be sent: %s', (draft, machine, can) => {
  expect(complete(draft, machine)).toBe(can)
})

test('only overturning says what holds instead', () => {
  expect(asDecision({ choice: 'agree', comment: ' ok ', verdict: 'met' }, finding)).toEqual({
    rubric: 'r',
    criterion: 'c',
    decision: 'agree',
    comment: 'ok',
  })
  expect(asDecision({ choice: 'overturn', comment: 'x' }, finding).verdict).toBe('met')
})

test('the latest decision that nothing replaced stands', () => {
  const one = (id: string, replaced: boolean, criterion = 'c') =>
    ({ id, rubric: 'r', criterion, replaced }) as Schemas['Decision']
  const all = [one('1', true), one('2', false), one('3', false, 'other')]
  expect(standing(all, 'r', 'c')?.id).toBe('2')
  expect(standing(all, 'r', 'none')).toBeUndefined()
})
