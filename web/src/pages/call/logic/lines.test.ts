import { expect, test } from 'vitest'
import { reportWith } from './fixture'
import { find, rowsOf, type SaidRow } from './lines'
import { eventMarks, evidenceMarks, inView } from './marks'

const finding = (criterion: string, verdict: string, start_s: number, end_s: number, kind = 'phrase') => ({
  criterion,
  title: criterion,
  verdict,
  severity: 'major',
  critical: false,
  weight: 1,
  points: 0,
  confidence: 1,
  evidence: [{ kind, leg: 0, start_s, end_s }, { kind: 'metadata' }],
})
const report = reportWith((report) => {
  const findings = [
    finding('bad', 'not_met', 2, 3),
    finding('good', 'met', 1, 3),
    finding('never', 'not_met', 0, 30, 'absence'),
  ]
  report.scorecards = [{ rubric: 'r', version: 1, title: 'R', max: 100, verdict: 'fail', findings }]
})
const rows = rowsOf(report, evidenceMarks(report))
const said = (ix: number) => rows[ix] as SaidRow

test('rows come by time, with what was rejected and the silence between', () => {
  expect(rows.map((row) => row.kind)).toEqual(['said', 'said', 'silence', 'rejected'])
})

test('a word has the gravest mark that covers it; windows mark no words', () => {
  expect(said(0).pieces.map((piece) => piece.mark?.criterion)).toEqual(['good', 'bad', 'bad'])
  expect(said(0).marks.map((mark) => mark.criterion)).toEqual(['bad', 'good'])
  expect(said(1).marks).toEqual([])
})

test('what was hardly heard and what was starred are told', () => {
  expect(said(0).pieces.map((piece) => piece.low)).toEqual([false, true, false])
  expect(said(1).pieces.map((piece) => piece.pii)).toEqual([false, false, true])
})

test('English words have spaces between them, and a match may span them', () => {
  const english = reportWith((report) => {
    report.transcript.language = 'en'
  })
  const [first] = rowsOf(english, []) as [SaidRow]
  expect(first.pieces.map((piece) => piece.text)).toEqual(['您好', ' 请', ' 问'])
})

test.each([
  ['好请', [{ row: 0, first: 0, last: 1 }]],
  ['您 好', [{ row: 0, first: 0, last: 0 }]],
  ['号码199', [{ row: 1, first: 1, last: 2 }]],
  ['没有', []],
  [' ', []],
])('%s is found', (wanted, matches) => {
  expect(find(rows, wanted)).toEqual(matches)
})

test('a message without words is cut only around what is starred', () => {
  const chat = reportWith((report) => {
    for (const one of report.transcript.utterances) one.words = []
  })
  const [first, second] = rowsOf(chat, []) as SaidRow[]
  expect(first!.pieces.map((piece) => piece.text)).toEqual(['您好请问'])
  expect(second!.pieces.map((piece) => [piece.text, piece.pii])).toEqual([
    ['我的号码', false],
    ['199****1509', true],
  ])
})

test('of several masks in a message each is marked whole, however it is grouped', () => {
  const chat = reportWith((report) => {
    const said = report.transcript.utterances[1]!
    said.text = 'Card 4111 11** **** 1111, code ***.'
    said.words = []
    const at = { leg: said.leg, start_s: 5, end_s: 6 }
    report.pii = [
      { ...at, kind: 'bank_card', masked: '411111******1111' },
      { ...at, kind: 'cvv', masked: '***' },
    ]
  })
  const said = rowsOf(chat, [])[1] as SaidRow
  expect(said.pieces.filter(({ pii }) => pii).map(({ text }) => text)).toEqual(['4111 11** **** 1111', '***'])
})

test('marks: only what has a place, the gravest last; events by kind', () => {
  expect(evidenceMarks(report).map((mark) => mark.criterion)).toEqual(['good', 'bad', 'never'])
  expect(eventMarks(report).map((mark) => mark.kind)).toEqual(['silence', 'pii'])
  expect(inView(eventMarks(report), 5.5, 5.9)).toHaveLength(1)
})
