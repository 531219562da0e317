/** What is said, as it is said. It follows the newest unless somebody reads further up. */
import { AlertFilled, VerticalAlignBottomOutlined } from '@ant-design/icons'
import { useVirtualizer } from '@tanstack/react-virtual'
import { Button, Empty } from 'antd'
import { useEffect, useRef, useState } from 'react'
import { AlertTitle } from '@/components/alerts/title'
import { useKeys } from '@/components/keys'
import { cut } from '@/components/review/evidence'
import { useWords } from '@/components/verdict'
import { useLocale } from '@/i18n'
import type { Line } from './lines'
import { useCallTexts } from './messages'

/** Before it is measured. */
const LINE_PX = 44
/** So near to the end, in px, one reads along. */
const END_PX = 40
/** Below this it was heard badly. */
const SURE = 0.6

export function Transcript({ lines, heardTo }: { lines: Line[]; heardTo: number }) {
  const t = useCallTexts()
  const { format } = useLocale()
  const box = useRef<HTMLDivElement>(null)
  const [following, setFollowing] = useState(true)
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => LINE_PX,
    overscan: 10,
    getItemKey: (ix) => lines[ix]!.key,
  })
  const height = virtual.getTotalSize()
  // biome-ignore lint/correctness/useExhaustiveDependencies: a line that grows moves the end too
  useEffect(() => {
    if (following) box.current?.scrollTo({ top: box.current.scrollHeight })
  }, [following, lines.length, height])
  const follow = () => setFollowing(true)
  useKeys('live transcript', [{ keys: 'End', does: t.followKey, run: follow }])
  return (
    <section className="panel live-said" aria-label={t.transcript}>
      <div className="panel-head">
        <h2>{t.transcript}</h2>
        <span className="live-fine-text">{t.heardTo(format.clock(heardTo))}</span>
      </div>
      {lines.length === 0 && (
        <Empty description={t.nothing} image={Empty.PRESENTED_IMAGE_SIMPLE}>
          {t.nothingHint}
        </Empty>
      )}
      <div
        ref={box}
        className="live-lines"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keys
        tabIndex={0}
        role="log"
        aria-label={t.transcript}
        onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) =>
          setFollowing(scrollHeight - scrollTop - clientHeight < END_PX)
        }
      >
        <ol style={{ height }}>
          {virtual.getVirtualItems().map(({ index, key, start }) => (
            <li
              key={key}
              ref={virtual.measureElement}
              data-index={index}
              style={{ transform: `translateY(${start}px)` }}
            >
              <Said line={lines[index]!} />
            </li>
          ))}
        </ol>
      </div>
      {!following && (
        <Button className="live-follow" shape="round" icon={<VerticalAlignBottomOutlined />} onClick={follow}>
          {t.follow}
        </Button>
      )}
    </section>
  )
}

function Said({ line }: { line: Line }) {
  const t = useCallTexts()
  const words = useWords()
  const { format } = useLocale()
  const quote = line.alerts.find((alert) => alert.quote)?.quote
  const parts = cut(line.text, quote)
  return (
    <div className="live-line" data-party={line.party} data-partial={line.partial} data-turn={line.turn}>
      <time>{format.clock(line.start_s)}</time>
      <div>
        {line.turn && <b>{words(line.party)}</b>}
        <p
          title={!line.partial && line.confidence < SURE ? t.unsure : undefined}
          data-unsure={line.confidence < SURE}
        >
          {parts ? (
            <>
              {parts[0]}
              <mark>{parts[1]}</mark>
              {parts[2]}
            </>
          ) : (
            line.text
          )}
          {line.partial && <span className="live-saying"> {t.saying}</span>}
        </p>
        {line.alerts.map((alert) => (
          <span key={alert.alert_id} className="live-raised">
            <AlertFilled aria-hidden /> <AlertTitle {...alert} />
          </span>
        ))}
      </div>
    </div>
  )
}
