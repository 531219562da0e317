/** How it was said, what is wrong with the recording, and which personal data it holds. */
import { PlayCircleOutlined, WarningOutlined } from '@ant-design/icons'
import type { ReactNode } from 'react'
import { useWords } from '@/components/verdict'
import { useLocale } from '@/i18n'
import { type Leg, placed, type Report, type Stretch } from '../logic/report'
import { useTexts } from '../messages'
import { useThePlayer } from '../player/use-player'
import { useReportWords } from '../report-words'
import { rowsOfMeasures } from './rows'
import './side.css'

export function Measures({ report }: { report: Report }) {
  const t = useTexts()
  const words = useWords()
  const { format } = useLocale()
  const { agent = 0, customer = 0 } = report.conversation.talk_s
  const rows = rowsOfMeasures(report, t, words, format)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be scrolled by keyboard too
    <div className="panel-body side" tabIndex={0}>
      <section>
        <h2>{t.conversation}</h2>
        {agent + customer > 0 && <TalkShare agent={agent} customer={customer} />}
        <dl>
          {rows.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </section>
      <Recording report={report} />
      <PersonalData report={report} />
    </div>
  )
}

function TalkShare({ agent, customer }: { agent: number; customer: number }) {
  const t = useTexts()
  const words = useWords()
  const { format } = useLocale()
  const share = (part: number) => format.percent(part / (agent + customer), 0)
  const told = `${t.talkShare}：${words('agent')} ${share(agent)}，${words('customer')} ${share(customer)}`
  return (
    <div className="talk-share" role="img" aria-label={told}>
      <span className="talk-agent" style={{ flexGrow: Math.max(agent, (agent + customer) * 0.2) }}>
        {words('agent')} {share(agent)}
      </span>
      <span className="talk-customer" style={{ flexGrow: Math.max(customer, (agent + customer) * 0.2) }}>
        {words('customer')} {share(customer)}
      </span>
    </div>
  )
}

function partyOf(legs: readonly Leg[], leg: number | undefined, words: (code: string) => string): string {
  const found = legs.find((one) => one.leg === leg)
  return found ? words(found.party) : ''
}

function Recording({ report }: { report: Report }) {
  const t = useTexts()
  const words = useWords()
  const code = useReportWords()
  const { format } = useLocale()
  const { legs, problems } = report.media
  return (
    <section>
      <h2>{t.recording}</h2>
      <ul>
        {problems.map((problem) => (
          <li key={`${problem.kind} ${problem.leg} ${problem.start_s}`}>
            <b>
              <WarningOutlined aria-hidden className="side-warning" /> {code('problem', problem.kind)}
            </b>{' '}
            {partyOf(legs, problem.leg, words)} {placed(problem) && <At stretch={problem} />}{' '}
            <small>{problem.detail}</small>
          </li>
        ))}
        {problems.length === 0 && <li>{t.sound}</li>}
        {legs.map((leg) => (
          <li key={leg.leg}>
            {t.leg(leg.leg + 1)}: {words(leg.party)}{' '}
            <small>
              {[
                leg.party_from !== 'nothing' &&
                  `${code('from', leg.party_from)} ${format.percent(leg.party_confidence, 0)}`,
                leg.snr_db !== undefined && `${t.snr} ${Math.round(leg.snr_db)} dB`,
              ]
                .filter(Boolean)
                .join(' · ')}
            </small>
          </li>
        ))}
        {report.media.sample_rate_hz > 0 && (
          <li>
            <small>
              {report.media.codec} · {format.number(report.media.sample_rate_hz)} Hz · {t.engine}{' '}
              {report.transcript.engine.name} {report.transcript.engine.model}
            </small>
          </li>
        )}
        {report.warnings.map((text) => (
          <li key={text}>
            <small>{text}</small>
          </li>
        ))}
      </ul>
    </section>
  )
}

function PersonalData({ report }: { report: Report }) {
  const t = useTexts()
  const code = useReportWords()
  if (report.pii.length === 0) return null
  return (
    <section>
      <h2>{t.piiTitle}</h2>
      <ul>
        {report.pii.map((one) => (
          <li key={`${one.leg} ${one.start_s}`}>
            {code('pii', one.kind)} <code>{one.masked}</code> <At stretch={one} />
          </li>
        ))}
      </ul>
    </section>
  )
}

function At({ stretch }: { stretch: Stretch }): ReactNode {
  const t = useTexts()
  const { format } = useLocale()
  const player = useThePlayer()
  const text = `${format.clock(stretch.start_s)}–${format.clock(stretch.end_s)}`
  return (
    <button
      type="button"
      className="side-at"
      aria-label={t.playQuote(text)}
      onClick={() => player.playStretch(stretch)}
    >
      <PlayCircleOutlined aria-hidden /> {text}
    </button>
  )
}
