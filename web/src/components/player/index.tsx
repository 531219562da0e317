/** Hearing calls in place: a button beside what was said, and one bar at the foot of the page. */
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
import { createContext, type ReactNode, useContext, useEffect, useState, useSyncExternalStore } from 'react'
import { useKeys } from '@/components/keys'
import { defineMessages, useLocale, useMessages } from '@/i18n'
import { Sound, type Sounding } from './sound'
import './player.css'

const messages = defineMessages({
  zh: {
    play: (at: string) => `从 ${at} 播放`,
    pause: (at: string) => `暂停（从 ${at} 开始）`,
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
    play: (at: string) => `Play from ${at}`,
    pause: (at: string) => `Pause (began at ${at})`,
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

const SoundContext = createContext<Sound | null>(null)

function useSound(): [Sound, Sounding | null] {
  const sound = useContext(SoundContext)
  if (!sound) throw new Error('no PlayerProvider around')
  return [sound, useSyncExternalStore(sound.subscribe, sound.snapshot)]
}

/** Around what can be heard. Brings the bar along. */
export function PlayerProvider({ children }: { children: ReactNode }) {
  const [sound] = useState(() => new Sound())
  useEffect(() => () => sound.close(), [sound])
  return (
    <SoundContext value={sound}>
      {children}
      <PlayerBar />
    </SoundContext>
  )
}

/** Plays a call from a second on; pauses when it is the one that plays. */
export function PlayButton({ callId, row, from }: { callId: string; row: string; from: number }) {
  const t = useMessages(messages)
  const { format } = useLocale()
  const [sound, now] = useSound()
  const mine = now?.callId === callId && now.row === row
  const playing = mine && now.playing
  const label = playing ? t.pause(format.clock(from)) : t.play(format.clock(from))
  return (
    <Button
      className="play"
      shape="circle"
      size="small"
      type={mine ? 'primary' : 'default'}
      icon={playing ? <PauseOutlined /> : <CaretRightFilled />}
      aria-label={label}
      title={label}
      onClick={() => (mine && !now.failed ? sound.toggle() : sound.play(callId, row, from))}
    />
  )
}

function PlayerBar() {
  const t = useMessages(messages)
  const { format } = useLocale()
  const [sound, now] = useSound()
  useKeys('player', [{ keys: 'p', does: t.toggle, run: () => sound.toggle() }], now !== null)
  if (!now) return null
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
        now.playing ? t.stop : t.goOn,
        now.playing ? <PauseOutlined /> : <CaretRightFilled />,
        () => sound.toggle(),
        true,
      )}
      {button(t.forward, <ForwardOutlined />, () => sound.seek(now.time + 5))}
      {now.failed ? (
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
          params={{ callId: now.callId }}
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
