/** Plays a call where it is quoted; pressed again, it stops. */
import { CaretRightFilled, LoadingOutlined, PauseOutlined, WarningOutlined } from '@ant-design/icons'
import { Button, type ButtonProps } from 'antd'
import { defineMessages, useLocale, useMessages } from '@/i18n'
import { type Piece, samePiece, sound, useSounding } from './sound'

const messages = defineMessages({
  zh: {
    play: (at: string) => `从 ${at} 播放`,
    stop: '停止播放',
    pause: '暂停播放',
    failed: '录音无法播放，点击重试',
  },
  en: {
    play: (at: string) => `Play from ${at}`,
    stop: 'Stop playing',
    pause: 'Pause',
    failed: 'The recording cannot be played: try again',
  },
})

const ICONS = {
  idle: <CaretRightFilled />,
  paused: <CaretRightFilled />,
  loading: <LoadingOutlined />,
  playing: <PauseOutlined />,
  failed: <WarningOutlined />,
}

/** `at`: where what is quoted begins, in seconds; a piece begins a little before. */
export function PlayButton({ piece, at, ...rest }: { piece: Piece; at: number } & ButtonProps) {
  const t = useMessages(messages)
  const { format } = useLocale()
  const now = useSounding()
  const mine = samePiece(now?.piece, piece)
  const whole = piece.to === undefined
  // A piece that was played out is as it was before.
  const state = !now || !mine || (!whole && now.state === 'paused') ? 'idle' : now.state
  const active = state === 'playing' || state === 'loading'
  const stop = whole ? t.pause : t.stop
  const name = active ? stop : state === 'failed' ? t.failed : t.play(format.clock(at))
  return (
    <Button
      size="small"
      icon={ICONS[state]}
      danger={state === 'failed'}
      aria-label={name}
      title={name}
      data-playing={state}
      {...(whole && mine && { type: 'primary' })}
      {...rest}
      onClick={() => sound.toggle(piece)}
    />
  )
}
