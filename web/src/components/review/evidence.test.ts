import { expect, test } from 'vitest'
import { around, cut, proofOf, type Report, type Utterance } from './evidence'

const said = (id: number, leg: number, start_s: number, end_s: number, text = `u${id}`): Utterance => ({
  id,
  leg,
  party: leg === 0 ? 'agent' : 'customer',
  start_s,
  end_s,
  text,
})
const utterances = [
  said(0, 0, 0, 2),
  said(1, 1, 2.5, 4),
  said(2, 0, 4.2, 6),
  said(3, 1, 5, 7),
  said(4, 0, 8, 9),
]

test.each<[string, number, number, number | undefined, number[], number[]]>([
  ['one, with its neighbours', 2.6, 3, undefined, [0, 1, 2], [1]],
  ['the first has nothing before it', 0, 1, undefined, [0, 1], [0]],
  ['the last has nothing after it', 8.2, 8.5, undefined, [3, 4], [4]],
  ['only the leg that is meant', 5.2, 5.8, 1, [2, 3, 4], [3]],
  ['touching is no overlap', 2, 2.5, undefined, [], []],
  ['a long stretch is cut', 0, 9, undefined, [0, 1, 2, 3, 4], [0, 1, 2, 3, 4]],
])('%s', (_, start, end, leg, shown, proof) => {
  const lines = around(utterances, start, end, leg)
  expect(lines.map((line) => line.id)).toEqual(shown)
  expect(lines.filter((line) => line.proof).map((line) => line.id)).toEqual(proof)
})

const report: Report = {
  media: { duration_s: 9 },
  transcript: { utterances },
  scorecards: [
    {
      rubric: 'courtesy',
      title: 'Courtesy',
      findings: [
        {
          criterion: 'greeting',
          title: 'Greets',
          verdict: 'not_met',
          evidence: [{ kind: 'metadata' }, { kind: 'absence', start_s: 0, end_s: 1 }],
        },
        {
          criterion: 'close',
          title: 'Closes',
          verdict: 'undetermined',
          evidence: [],
          reason: 'parties_unsure',
        },
      ],
    },
  ],
}

test('facts without seconds are passed over for the lines', () => {
  const proof = proofOf(report, 'courtesy', 'greeting')
  expect(proof.evidence).toHaveLength(2)
  expect(proof.lines.map((line) => line.id)).toEqual([0, 1])
})

test('what is undetermined has a reason and no lines; what is unknown has nothing', () => {
  expect(proofOf(report, 'courtesy', 'close')).toEqual({ evidence: [], reason: 'parties_unsure', lines: [] })
  expect(proofOf(report, 'other', 'close')).toEqual({ evidence: [], reason: undefined, lines: [] })
})

test('a quote is found in its text, or not', () => {
  expect(cut('您好，这里是客服', '这里')).toEqual(['您好，', '这里', '是客服'])
  expect(cut('您好', '再见')).toBeNull()
  expect(cut('您好', null)).toBeNull()
})
