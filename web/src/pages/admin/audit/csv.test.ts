import { expect, test } from 'vitest'
import { csvOf, type Row } from './csv'

const row = (more: Partial<Row>): Row => ({
  seq: 1,
  at: '2026-01-01T00:00:00Z',
  actor: 'p',
  action: 'a.b',
  object: 'call/1',
  detail: {},
  prev: '0',
  hash: 'f',
  ...more,
})
const line = (more: Partial<Row>) => csvOf([row(more)]).split('\r\n')[1]

test('a head, a line a row, and the mark of UTF-8', () => {
  const text = csvOf([row({}), row({ seq: 2 })])
  expect(text.startsWith('\uFEFFseq,at,actor,')).toBe(true)
  expect(text.split('\r\n')).toHaveLength(4)
})

test.each([
  ['quotes and separators', { object: 'a "b", c' }, '"a ""b"", c"'],
  ['lines', { object: 'a\nb' }, '"a\nb"'],
  ['formulas', { object: '=1+1' }, "'=1+1"],
  ['details', { detail: { n: 1 } }, '"{""n"":1}"'],
])('%s', (_, more, text) => {
  expect(line(more)).toContain(text)
})
