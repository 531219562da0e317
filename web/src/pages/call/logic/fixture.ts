/** A small report for tests. */
import type { Report } from './report'

export function reportWith(change: (report: Report) => void = () => {}): Report {
  const word = (text: string, start_s: number, end_s: number, confidence = 0.9) => ({
    text,
    start_s,
    end_s,
    confidence,
  })
  const report: Report = {
    tool: { name: 'lingting', version: '0' },
    call: {},
    media: {
      duration_s: 30,
      codec: 'wav',
      sample_rate_hz: 8000,
      channels: 2,
      legs: [
        { leg: 0, party: 'agent', party_from: 'sidecar', party_confidence: 1 },
        { leg: 1, party: 'customer', party_from: 'sidecar', party_confidence: 1 },
      ],
      problems: [],
    },
    transcript: {
      language: 'zh',
      engine: { name: 'e', model: 'm' },
      utterances: [
        {
          id: 0,
          leg: 0,
          speaker: 0,
          party: 'agent',
          start_s: 1,
          end_s: 3,
          text: '您好请问',
          confidence: 0.9,
          words: [word('您好', 1, 2), word('请', 2, 2.5, 0.3), word('问', 2.5, 3)],
        },
        {
          id: 1,
          leg: 1,
          speaker: 1,
          party: 'customer',
          start_s: 4,
          end_s: 6,
          text: '我的号码199****1509',
          confidence: 0.9,
          words: [word('我的', 4, 4.5), word('号码', 4.5, 5), word('199****1509', 5, 6)],
        },
      ],
      rejected: [{ leg: 1, start_s: 12, end_s: 13, text: '谢谢观看', why: 'boilerplate' }],
    },
    conversation: {
      talk_s: { agent: 2, customer: 2 },
      silences: [{ start_s: 6, end_s: 12, announced: false, hold: false }],
      overtalk: [],
      rate_per_min: {},
      holds: [],
      loudness: [],
      response_s: [],
    },
    scorecards: [],
    pii: [{ kind: 'phone', leg: 1, start_s: 5, end_s: 6, masked: '199****1509' }],
    warnings: [],
  }
  change(report)
  return report
}
