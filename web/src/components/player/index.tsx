/** Hearing calls in place: a button beside what was said, and where one listens on, a bar at the foot of the page. */
import {
  BackwardOutlined,
  CaretRightFilled,
  CloseOutlined,
  ExportOutlined,
  ForwardOutlined,
  PauseOutlined,
} from '@ant-design/icons'
import { Link } from '@tanstack/react-router'
import { Button, Slider, Tooltip } from 'antd'
import { type ReactNode, useEffect } from 'react'
import { useKeys } from '@/components/keys'
import { defineMessages, useLocale, useMessages } from '@/i18n'
import { sound, useSounding } from './sound'
import './player.css'

export { PlayButton } from './play-button'
export { type Piece, pieceAt, sound } from './sound'

const messages = defineMessages({
  zh: {
    bar: '播放器',
    goOn: '继续播放',
    stop: '暂停',
    back: '后退 5 秒',
    forward: '前进 5 秒',
    place: '播放位置',
    open: '在通话页打开当前位置',
    close: '关闭播放器',
    failed: '录音无法播放',
    toggle: '播放或暂停',
  },
  en: {
    bar: 'Player',
    goOn: 'Go on',
    stop: 'Pause',
    back: 'Back 5 seconds',
    forward: 'Forward 5 seconds',
    place: 'Position',
    open: 'Open the call here',
    close: 'Close the player',
    failed: 'The recording cannot be played',
    toggle: 'Play or pause',
  },
})

/** Silence when the page is left. */
export function useStopOnLeave() {
  useEffect(() => () => sound.close(), [])
}

/** Where the sound is, and what can be done with it. */
export function PlayerBar() {
  const t = useMessages(messages)
  const { format } = useLocale()
  const now = useSounding()
  useKeys('player', [{ keys: 'p', does: t.toggle, run: () => sound.turn() }], now !== null)
  if (!now) return null
  const playing = now.state === 'playing' || now.state === 'loading'
  const button = (label: string, icon: ReactNode, run: () => void, primary = false) => (
    <Tooltip title={label}>
      <Button
        type={primary ? 'primary' : 'text'}
        shape="circle"
        icon={icon}
        aria-label={label}
        onClick={run}
      />
    </Tooltip>
  )
  return (
    <section className="player" aria-label={t.bar}>
      {button(t.back, <BackwardOutlined />, () => sound.seek(now.time - 5))}
      {button(
        playing ? t.stop : t.goOn,
        playing ? <PauseOutlined /> : <CaretRightFilled />,
        () => sound.turn(),
        true,
      )}
      {button(t.forward, <ForwardOutlined />, () => sound.seek(now.time + 5))}
      {now.state === 'failed' ? (
        <span role="alert" className="player-failed">
          {t.failed}
        </span>
      ) : (
        <>
          <output className="player-time" data-time={now.time.toFixed(2)}>
            {format.precise(now.time)}
          </output>
          <Slider
            className="player-place"
            min={0}
            max={now.duration || 1}
            step={0.1}
            value={now.time}
            tooltip={{ formatter: (value) => format.clock(value ?? 0) }}
            ariaLabelForHandle={t.place}
            ariaValueTextFormatterForHandle={(value) => format.clock(value)}
            onChange={(value) => sound.seek(value)}
          />
          <span className="player-time">{format.clock(now.duration)}</span>
        </>
      )}
      <Tooltip title={t.open}>
        <Link
          to="/calls/$callId"
          params={{ callId: now.piece.callId }}
          search={{ t: now.time.toFixed(1) }}
          aria-label={t.open}
          className="player-open"
        >
          <ExportOutlined />
        </Link>
      </Tooltip>
      {button(t.close, <CloseOutlined />, () => sound.close(), false)}
    </section>
  )
}
