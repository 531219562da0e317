/** Plays a piece of a call where it is quoted. */
import { CaretRightOutlined, LoadingOutlined, PauseOutlined, WarningOutlined } from '@ant-design/icons'
import { Button, type ButtonProps } from 'antd'
import { defineMessages, useLocale, useMessages } from '@/i18n'
import { type Clip, sameClip, toggle, usePlaying } from './player'

const messages = defineMessages({
  zh: {
    play: (at: string) => `播放 ${at} 处的证据`,
    stop: '停止播放',
    failed: '录音无法播放，点击重试',
  },
  en: {
    play: (at: string) => `Play the evidence at ${at}`,
    stop: 'Stop playing',
    failed: 'The recording cannot be played: try again',
  },
})

const ICONS = {
  idle: <CaretRightOutlined />,
  loading: <LoadingOutlined />,
  playing: <PauseOutlined />,
  failed: <WarningOutlined />,
}

/** `at`: where the evidence itself begins, in seconds; the clip begins a little before. */
export function PlayButton({ clip, at, children, ...rest }: { clip: Clip; at: number } & ButtonProps) {
  const t = useMessages(messages)
  const { format } = useLocale()
  const playing = usePlaying()
  const state = sameClip(playing.clip, clip) ? playing.state : 'idle'
  const active = state === 'playing' || state === 'loading'
  const name = active ? t.stop : state === 'failed' ? t.failed : t.play(format.clock(at))
  return (
    <Button
      size="small"
      icon={ICONS[state]}
      danger={state === 'failed'}
      aria-label={name}
      title={name}
      data-playing={state}
      onClick={() => toggle(clip)}
      {...rest}
    >
      {children ?? format.clock(at)}
    </Button>
  )
}
