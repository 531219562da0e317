/** Kinds of trouble with a recording, in words. */
import { defineMessages, useMessages } from '@/i18n'

const messages = defineMessages({
  zh: {
    swapped_legs: '声道对调',
    mono_as_stereo: '双声道内容相同',
    crosstalk: '串音',
    clipping: '削波失真',
    one_way_audio: '单通（一方无声）',
    no_speech: '无人说话',
    silence: '长段无声',
    ring_tone: '回铃音',
    hold_music: '保持音乐',
    dtmf: '按键音',
    truncated: '文件不完整',
    header_repaired: '文件头已修复',
    corrupt_data: '数据损坏',
    sidecar_mismatch: '随录信息与录音不符',
    speakers_unsure: '说话人难以区分',
    not_recognised: '部分语音未能识别',
    out_of_order: '消息时间顺序错乱',
    empty_texts: '含没有文字的消息',
    no_times: '消息没有时间',
  },
  en: {
    swapped_legs: 'Channels swapped',
    mono_as_stereo: 'Both channels the same',
    crosstalk: 'Crosstalk',
    clipping: 'Clipped',
    one_way_audio: 'One side silent',
    no_speech: 'Nobody speaks',
    silence: 'Long dead stretch',
    ring_tone: 'Ring tone',
    hold_music: 'Music on hold',
    dtmf: 'Keys pressed',
    truncated: 'File cut short',
    header_repaired: 'Header mended',
    corrupt_data: 'Damaged data',
    sidecar_mismatch: 'Sidecar disagrees',
    speakers_unsure: 'Speakers unsure',
    not_recognised: 'Speech not recognised',
    out_of_order: 'Messages out of order',
    empty_texts: 'Messages without text',
    no_times: 'Messages without times',
  },
})

type Trouble = keyof (typeof messages)['zh']

/** What a kind of trouble is called; itself where it is not known. */
export function useTroubles(): (kind: string) => string {
  const t = useMessages(messages)
  return (kind) => (kind in t ? t[kind as Trouble] : kind)
}
