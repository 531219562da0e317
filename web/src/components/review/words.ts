/** Words of findings: what kind of proof, why undecided, what a person decided. */
import { defineMessages, useMessages } from '@/i18n'

const messages = defineMessages({
  zh: {
    phrase: '原话',
    absence: '此区间内未听到',
    near_miss: '最接近的话',
    silence: '静音',
    overtalk: '抢话',
    rate: '语速',
    loudness: '响度',
    metadata: '随录信息',
    measure: '测量值',
    exact: '逐字匹配',
    phonetic: '同音或近音',
    regex: '按模式匹配',
    similar: '意思相近',
    entity: '按信息类型匹配',
    heard_too_poorly: '这一段听得不够清楚，请人工判定',
    parties_unsure: '说话人身份不够确定，请人工判定',
    fact_missing: '缺少所需的随录信息，请人工判定',
    audio_missing: '录音缺少所需部分，请人工判定',
    agree: '同意',
    overturn: '推翻',
    not_assessable: '无法评判',
    manual: '人工加项',
  },
  en: {
    phrase: 'Said',
    absence: 'Not heard in this window',
    near_miss: 'Nearest miss',
    silence: 'Silence',
    overtalk: 'Overtalk',
    rate: 'Speaking rate',
    loudness: 'Loudness',
    metadata: 'From call data',
    measure: 'Measured',
    exact: 'word for word',
    phonetic: 'by sound',
    regex: 'by pattern',
    similar: 'by meaning',
    entity: 'by what it is',
    heard_too_poorly: 'This stretch was not heard well enough: a person has to decide',
    parties_unsure: 'Who speaks is not sure enough: a person has to decide',
    fact_missing: 'Call data lacks a fact that is needed: a person has to decide',
    audio_missing: 'The recording lacks a part that is needed: a person has to decide',
    agree: 'Agree',
    overturn: 'Overturn',
    not_assessable: 'Not assessable',
    manual: 'Added by hand',
  },
})

/** The word for a code of the report; a code without one is shown as it is. */
export function useReviewWords(): (code: string) => string {
  const t = useMessages(messages)
  return (code) => (code in t ? t[code as keyof typeof t] : code)
}
