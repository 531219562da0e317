/** Who talks how much, and who speaks now: in bars, words and for those who cannot see them. */
import { AudioOutlined } from '@ant-design/icons'
import type { LiveCall } from '@/api/live'
import { useLocale } from '@/i18n'
import { useLiveTexts } from './messages'
import { SILENT_S, shares } from './wall/ranking'

const PARTIES = ['agent', 'customer'] as const

export function Talk({ call, ended = false }: { call: LiveCall; ended?: boolean }) {
  const t = useLiveTexts()
  const { format } = useLocale()
  const share = shares(call)
  const percent = (value: number) => format.percent(value, 0)
  const speaks = (party: string) => !ended && call.legs.some((leg) => leg.party === party && leg.speaking)
  const silent = call.silence_s >= SILENT_S && call.state === 'live' && !ended
  return (
    <div
      className="talk"
      role="img"
      aria-label={t.talkBar(percent(share.agent), percent(share.customer), percent(share.silence))}
    >
      {PARTIES.map((party) => (
        <div key={party} className="talk-leg" data-party={party} data-speaking={speaks(party)}>
          <span className="talk-who">{t[party]}</span>
          <span className="talk-bar">
            <span style={{ width: `${Math.min(100, share[party] * 100)}%` }} />
          </span>
          <span className="talk-share">{percent(share[party])}</span>
          <AudioOutlined className="talk-now" title={speaks(party) ? t.speaking(t[party]) : undefined} />
        </div>
      ))}
      <div className="talk-silence" data-long={silent}>
        {silent && t.silentFor(format.number(call.silence_s))}
      </div>
    </div>
  )
}
