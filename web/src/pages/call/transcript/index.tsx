/**
 * What was said. It follows the audio until the reader scrolls, and again when asked to; only the rows that are seen
 * are there.
 */
import { AimOutlined } from '@ant-design/icons'
import { useVirtualizer } from '@tanstack/react-virtual'
import { Button, Empty } from 'antd'
import { memo, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { find, type Row } from '../logic/lines'
import type { Named } from '../logic/marks'
import { during, lastBegun } from '../logic/time'
import { useTexts } from '../messages'
import { usePlace, usePlayerState } from '../player/use-player'
import { FindBar } from './find-bar'
import { RowView } from './row'
import './transcript.css'

interface Props {
  rows: Row[]
  /** When a chat began: its messages are told by the time of day. */
  began: string | undefined
  onNamed: (named: Named) => void
  title?: string
}

/** Rows are about this tall, in pixels, until they are measured. */
const estimateSize = () => 54

export const Transcript = memo(function Transcript({ rows, began, onNamed, title }: Props) {
  const t = useTexts()
  const list = useRef<HTMLDivElement>(null)
  const [following, setFollowing] = useState(true)
  const [wanted, setWanted] = useState('')
  const [chosen, setChosen] = useState(0)
  const matches = useMemo(() => find(rows, wanted), [rows, wanted])
  const match = matches[chosen]
  const current = usePlace((at) => lastBegun(rows, at))
  const speaking = usePlace((at) => during(rows, at) >= 0)
  const { playing } = usePlayerState()
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => list.current,
    estimateSize,
    // Another function would have all rows placed anew.
    getItemKey: useCallback((ix: number) => rows[ix]!.key, [rows]),
    overscan: 8,
  })

  const first = useRef(true)
  useEffect(() => {
    // A call opens at its top, and not at its first word.
    if (first.current && current <= 0) return
    first.current = false
    if (following && current >= 0 && !virtual.isScrolling) virtual.scrollToIndex(current, { align: 'center' })
  }, [current, following, virtual])
  useEffect(() => {
    if (!match) return
    setFollowing(false)
    virtual.scrollToIndex(match.row, { align: 'center' })
  }, [match, virtual])

  const follow = useCallback(() => setFollowing(true), [])
  const yieldTo = useCallback(() => setFollowing(false), [])
  const byRow = useMemo(() => {
    const map = new Map<number, { first: number; last: number; now: boolean }[]>()
    matches.forEach((one, ix) => {
      const all = map.get(one.row) ?? []
      all.push({ first: one.first, last: one.last, now: ix === chosen })
      map.set(one.row, all)
    })
    return map
  }, [matches, chosen])

  return (
    <section className="said" aria-label={t.transcript}>
      <div className="panel-head">
        {title && <h2>{title}</h2>}
        <FindBar
          label={began ? t.findMessages : t.findHere}
          wanted={wanted}
          at={matches.length === 0 ? 0 : chosen + 1}
          of={matches.length}
          onWanted={(text) => {
            setWanted(text)
            setChosen(0)
          }}
          onStep={(by) => matches.length > 0 && setChosen((chosen + by + matches.length) % matches.length)}
        />
      </div>
      {rows.length === 0 ? (
        <Empty className="panel-empty" description={t.nothingSaid}>
          {t.nothingHint}
        </Empty>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be scrolled by keyboard too
        <div ref={list} className="said-list" tabIndex={0} onWheel={yieldTo} onTouchMove={yieldTo}>
          <ul style={{ height: virtual.getTotalSize() }}>
            {virtual.getVirtualItems().map((item) => (
              <RowView
                key={item.key}
                row={rows[item.index]!}
                began={began}
                ix={item.index}
                top={item.start}
                measure={virtual.measureElement}
                current={item.index === current && (speaking || playing)}
                matches={byRow.get(item.index)}
                onNamed={onNamed}
                onPlayed={follow}
              />
            ))}
          </ul>
        </div>
      )}
      {!following && rows.length > 0 && (
        <Button
          className="said-follow"
          size="small"
          type="primary"
          icon={<AimOutlined />}
          onClick={() => {
            setFollowing(true)
            if (current >= 0) virtual.scrollToIndex(current, { align: 'center' })
          }}
        >
          {t.follow}
        </Button>
      )}
    </section>
  )
})
