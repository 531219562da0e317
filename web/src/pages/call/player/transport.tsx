/** Play, five seconds back and on, speed, what is left out and repeated, who is heard, and where it is. */
import {
  BackwardOutlined,
  CaretRightFilled,
  ColumnWidthOutlined,
  FastForwardOutlined,
  ForwardOutlined,
  LoadingOutlined,
  MutedOutlined,
  PauseOutlined,
  RetweetOutlined,
  SoundOutlined,
  ZoomInOutlined,
  ZoomOutOutlined,
} from '@ant-design/icons'
import { Button, Popover, Segmented, Select, Slider, Tooltip } from 'antd'
import type { ReactNode } from 'react'
import { useWords } from '@/components/verdict'
import { useLocale } from '@/i18n'
import type { Leg } from '../logic/report'
import { isWhole } from '../logic/view'
import { useTexts } from '../messages'
import type { Viewing } from '../wave/use-view'
import type { Heard } from './mix'
import { SPEEDS } from './player'
import { usePlace, usePlayerState, useThePlayer } from './use-player'
import './transport.css'

interface Props {
  duration: number
  legs: readonly Leg[]
  viewing: Viewing
  /** Why there is nothing to hear; undefined when there is. */
  silent: string | undefined
  children?: ReactNode
}

export function Transport({ duration, legs, viewing, silent, children }: Props) {
  const t = useTexts()
  return (
    <section className="transport" aria-label={t.player}>
      {silent ? <span className="transport-silent">{silent}</span> : <Playing />}
      <Clock duration={duration} />
      {!silent && <Options legs={legs} />}
      {!silent && <State />}
      <span className="transport-fill" />
      <Zoom viewing={viewing} duration={duration} />
      {children}
    </section>
  )
}

function Playing() {
  const t = useTexts()
  const player = useThePlayer()
  const { playing } = usePlayerState()
  const text = playing ? t.pause : t.play
  return (
    <>
      <Tip title={`${t.back5} (←)`}>
        <Button
          type="text"
          size="small"
          icon={<BackwardOutlined />}
          aria-label={t.back5}
          onClick={() => player.seek(player.at - 5)}
        >
          5
        </Button>
      </Tip>
      <Tip title={`${text} (Space)`}>
        <Button
          type="primary"
          shape="circle"
          icon={playing ? <PauseOutlined /> : <CaretRightFilled />}
          aria-label={text}
          onClick={() => player.toggle()}
        />
      </Tip>
      <Tip title={`${t.forward5} (→)`}>
        <Button
          type="text"
          size="small"
          icon={<ForwardOutlined />}
          iconPlacement="end"
          aria-label={t.forward5}
          onClick={() => player.seek(player.at + 5)}
        >
          5
        </Button>
      </Tip>
    </>
  )
}

function Clock({ duration }: { duration: number }) {
  const { format } = useLocale()
  const tenths = usePlace((at) => Math.floor(at * 10))
  return (
    <span className="transport-clock" data-testid="clock">
      <b>{format.precise(tenths / 10)}</b> / {format.clock(duration)}
    </span>
  )
}

function Options({ legs }: { legs: readonly Leg[] }) {
  const t = useTexts()
  const words = useWords()
  const player = useThePlayer()
  const { rate, skipping, looping, heard } = usePlayerState()
  return (
    <>
      <Tip title={`${t.speed} (< >)`}>
        <Select
          size="small"
          aria-label={t.speed}
          value={rate}
          onChange={(rate) => player.setRate(rate)}
          options={SPEEDS.map((value) => ({ value, label: `${value}×` }))}
          popupMatchSelectWidth={false}
          className="transport-speed"
        />
      </Tip>
      <Toggle
        on={skipping}
        icon={<FastForwardOutlined />}
        text={t.skipSilence}
        keys="S"
        set={(on) => player.setSkipping(on)}
      />
      <Toggle
        on={looping}
        icon={<RetweetOutlined />}
        text={t.loop}
        keys="L"
        set={(on) => player.setLooping(on)}
      />
      <Volume />
      {legs.length === 2 && (
        <Segmented<Heard>
          size="small"
          aria-label={t.hear}
          value={heard}
          onChange={(heard) => player.hear(heard)}
          options={[
            { value: 'both', label: t.hearBoth },
            { value: 0, label: words(legs[0]!.party) },
            { value: 1, label: words(legs[1]!.party) },
          ]}
        />
      )}
    </>
  )
}

interface ToggleProps {
  on: boolean
  icon: ReactNode
  text: string
  keys: string
  set: (on: boolean) => void
}

function Toggle({ on, icon, text, keys, set }: ToggleProps) {
  return (
    <Tip title={`${text} (${keys})`}>
      <Button
        size="small"
        color={on ? 'primary' : 'default'}
        variant={on ? 'filled' : 'text'}
        icon={icon}
        aria-label={text}
        aria-pressed={on}
        onClick={() => set(!on)}
      />
    </Tip>
  )
}

function Volume() {
  const t = useTexts()
  const player = useThePlayer()
  const { volume } = usePlayerState()
  return (
    <Popover
      trigger="click"
      content={
        <Slider
          className="transport-volume"
          min={0}
          max={1}
          step={0.05}
          value={volume}
          onChange={(volume) => player.setVolume(volume)}
          tooltip={{ formatter: (value) => `${Math.round((value ?? 0) * 100)}%` }}
          ariaLabelForHandle={t.volume}
        />
      }
    >
      <Button
        size="small"
        type="text"
        icon={volume === 0 ? <MutedOutlined /> : <SoundOutlined />}
        aria-label={t.volume}
      />
    </Popover>
  )
}

function State() {
  const t = useTexts()
  const { waiting, failed, stretch } = usePlayerState()
  const text = failed ? t.failed : waiting ? t.waiting : stretch ? t.stretchPlaying : ''
  return (
    <span className={failed ? 'transport-state transport-failed' : 'transport-state'} role="status">
      {waiting && !failed && <LoadingOutlined />} {text}
    </span>
  )
}

function Zoom({ viewing, duration }: { viewing: Viewing; duration: number }) {
  const t = useTexts()
  const player = useThePlayer()
  return (
    <span className="transport-zoom">
      <Tip title={`${t.zoomOut} (-)`}>
        <Button
          size="small"
          type="text"
          icon={<ZoomOutOutlined />}
          aria-label={t.zoomOut}
          disabled={isWhole(viewing.view, duration)}
          onClick={() => viewing.zoom(0.5, player.at)}
        />
      </Tip>
      <Tip title={`${t.zoomIn} (=)`}>
        <Button
          size="small"
          type="text"
          icon={<ZoomInOutlined />}
          aria-label={t.zoomIn}
          onClick={() => viewing.zoom(2, player.at)}
        />
      </Tip>
      <Tip title={t.fit}>
        <Button
          size="small"
          type="text"
          icon={<ColumnWidthOutlined />}
          aria-label={t.fit}
          disabled={isWhole(viewing.view, duration)}
          onClick={viewing.fit}
        />
      </Tip>
    </span>
  )
}

/** Told a little late, so that passing over buttons stays calm. */
function Tip({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Tooltip title={title} mouseEnterDelay={0.5}>
      {children}
    </Tooltip>
  )
}
