/** A call's report as schemas/report.schema.json has it: the parts that this page shows. Times are seconds. */

export interface Stretch {
  start_s: number
  end_s: number
}

export interface Word extends Stretch {
  text: string
  confidence: number
}

export interface Utterance extends Stretch {
  id: number
  leg: number
  speaker: number
  party: string
  text: string
  confidence: number
  words: Word[]
}

export interface Rejected extends Stretch {
  leg: number
  text: string
  why: string
}

export interface Evidence extends Partial<Stretch> {
  kind: string
  leg?: number
  quote?: string
  matched?: string
  how?: string
  distance?: number
  confidence?: number
}

export interface Finding {
  criterion: string
  title: string
  verdict: string
  severity: string
  critical: boolean
  weight: number
  points: number
  confidence: number
  evidence: Evidence[]
  reason?: string
}

export interface Scorecard {
  rubric: string
  version: number
  title: string
  score?: number
  score_min?: number
  score_max?: number
  max: number
  verdict: string
  applies_unknown?: string[]
  findings: Finding[]
}

export interface Problem extends Partial<Stretch> {
  kind: string
  detail: string
  leg?: number
}

export interface Leg {
  leg: number
  party: string
  party_from: string
  party_confidence: number
  snr_db?: number
}

export interface Pii extends Stretch {
  kind: string
  leg: number
  masked: string
}

export interface Silence extends Stretch {
  announced: boolean
  hold: boolean
}

export interface Overtalk extends Stretch {
  by: string
  backchannel: boolean
}

export interface Report {
  tool: { name: string; version: string }
  call: { started_at?: string; ring_s?: number; rings?: number }
  media: {
    duration_s: number
    codec: string
    sample_rate_hz: number
    channels: number
    legs: Leg[]
    problems: Problem[]
  }
  transcript: {
    language: string
    engine: { name: string; model: string }
    utterances: Utterance[]
    rejected: Rejected[]
    unheard?: Stretch[]
  }
  conversation: {
    talk_s: Record<string, number>
    silences: Silence[]
    overtalk: Overtalk[]
    rate_per_min: Record<string, number>
    holds: Stretch[]
    loudness: (Stretch & { party: string; dbfs: number })[]
    response_s: number[]
    response?: { first_s: number; average_s: number; longest_s: number }
  }
  scorecards: Scorecard[]
  pii: Pii[]
  warnings: string[]
}

/** Something that has a place in the recording. */
export function placed<T extends Partial<Stretch>>(item: T): item is T & Stretch {
  return item.start_s !== undefined && item.end_s !== undefined
}

export function overlaps(a: Stretch, b: Stretch): boolean {
  return a.start_s < b.end_s && b.start_s < a.end_s
}
