/** Hearing the call: a button, how late one hears, and how each party is heard. */
import { CustomerServiceOutlined, SoundOutlined, StopOutlined, WarningOutlined } from '@ant-design/icons'
import { Button, Flex, Slider, Switch, Tooltip } from 'antd'
import { useEffect, useState, useSyncExternalStore } from 'react'
import { useKeys } from '@/components/keys'
import { useWords } from '@/components/verdict'
import { meterShare } from '../sound/delay'
import { type Heard, type Hearing, Listener } from '../sound/listener'
import { heardFirst, keepHeard } from '../sound/settings'
import { useCallTexts } from './messages'
import { ReasonLine, useAsked } from './reason-dialog'

export function Listen({ callId }: { callId: string }) {
  const t = useCallTexts()
  const [listener] = useState(() => new Listener(callId))
  const hearing = useSyncExternalStore(listener.subscribe, listener.snapshot)
  const asked = useAsked((reason) => listener.start(reason))
  useEffect(() => () => listener.stop(), [listener])
  const on = hearing.state === 'on' || hearing.state === 'connecting'
  const turn = () => {
    if (on) listener.stop()
    else asked.go()
  }
  useKeys('live listen', [{ keys: 'l', does: t.listenKey, run: turn }])
  return (
    <section className="panel live-panel live-first" aria-label={t.listening}>
      <div className="panel-head">
        <h2>{t.listening}</h2>
        {hearing.state === 'on' && hearing.delayMs !== undefined && (
          <Tooltip title={t.delayHint}>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what it means is told by a tooltip */}
            <output className="live-delay" tabIndex={0} data-delay={hearing.delayMs}>
              {t.delay(String(hearing.delayMs))}
            </output>
          </Tooltip>
        )}
      </div>
      <Flex gap={8} align="center" wrap>
        <Button
          type={on ? 'default' : 'primary'}
          icon={on ? <StopOutlined /> : <CustomerServiceOutlined />}
          onClick={turn}
          data-hearing={hearing.state}
        >
          {on ? t.stop : hearing.state === 'failed' ? t.again : t.listen} (L)
        </Button>
        <Happening hearing={hearing} />
      </Flex>
      {hearing.state === 'on' && <Mixer listener={listener} hearing={hearing} />}
      <Flex gap={8} align="center" justify="space-between">
        <Tooltip title={t.muteHint}>
          <span className="live-mute">
            <Switch
              size="small"
              checked={hearing.muting === 'asked' || hearing.muting === 'on'}
              loading={hearing.muting === 'asked' && hearing.state === 'on'}
              aria-label={t.mute}
              onChange={(on) => listener.mute(on)}
            />{' '}
            {t.mute}
            {hearing.muting === 'refused' && <small role="alert">{t.muteRefused}</small>}
          </span>
        </Tooltip>
      </Flex>
      {asked.reason && <ReasonLine reason={asked.reason} onChange={asked.ask} />}
      {asked.dialog}
    </section>
  )
}

function Happening({ hearing }: { hearing: Hearing }) {
  const t = useCallTexts()
  const { state, call, waiting, problem, muting } = hearing
  if (state === 'failed') {
    return (
      <span role="alert" className="live-failed">
        <WarningOutlined aria-hidden /> {problem ?? t.failed}
      </span>
    )
  }
  const text =
    state === 'connecting'
      ? t.connecting
      : state === 'ended'
        ? t.ended
        : state !== 'on'
          ? ''
          : call === 'held'
            ? t.onHold
            : call === 'ending'
              ? t.isEnding
              : call === 'paused'
                ? t.isPaused
                : waiting
                  ? muting === 'on'
                    ? t.heldBack
                    : t.noSound
                  : ''
  return (
    <span role="status" className="live-fine-text">
      {text}
    </span>
  )
}

/** Loudness and place of each party, and how loud it is now. */
function Mixer({ listener, hearing }: { listener: Listener; hearing: Hearing }) {
  const t = useCallTexts()
  const words = useWords()
  const parties = hearing.legs.map(({ party }) => party).join()
  const [heard, setHeard] = useState<Heard[]>(() => heardFirst(hearing.legs))
  useEffect(() => setHeard(heardFirst(parties.split(',').map((party, leg) => ({ leg, party })))), [parties])
  useEffect(() => listener.hear(heard), [listener, heard])
  const change = (ix: number, some: Partial<Heard>) => {
    const next = heard.map((one, at) => (at === ix ? { ...one, ...some } : one))
    setHeard(next)
    keepHeard(hearing.legs, next)
  }
  return (
    <div className="live-mixer">
      {hearing.legs.map(({ leg, party }, ix) => {
        const name = words(party)
        return (
          <div key={leg} className="live-leg" data-party={party}>
            <b>{name}</b>
            <meter
              min={0}
              max={1}
              value={meterShare(hearing.levels[ix] ?? 0)}
              aria-label={t.level(name)}
              data-level={(hearing.levels[ix] ?? 0).toFixed(3)}
            />
            <span className="live-volume">
              <SoundOutlined aria-hidden />
              <Slider
                min={0}
                max={1.5}
                step={0.05}
                value={heard[ix]?.volume ?? 1}
                tooltip={{ formatter: (value) => `${Math.round((value ?? 0) * 100)}%` }}
                ariaLabelForHandle={t.volume(name)}
                onChange={(volume) => change(ix, { volume })}
              />
            </span>
            <span className="live-pan">
              {t.left}
              <Slider
                min={-1}
                max={1}
                step={0.1}
                included={false}
                value={heard[ix]?.pan ?? 0}
                tooltip={{ formatter: null }}
                ariaLabelForHandle={t.pan(name)}
                onChange={(pan) => change(ix, { pan })}
              />
              {t.right}
            </span>
          </div>
        )
      })}
    </div>
  )
}
