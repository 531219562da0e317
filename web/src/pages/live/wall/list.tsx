/**
 * The calls, those at most risk first; only what is in sight is drawn. While a pointer or the focus is on them they keep
 * their places, so that nobody opens another call than the one they meant.
 */
import { useVirtualizer } from '@tanstack/react-virtual'
import { useRef, useState } from 'react'
import type { LiveCall } from '@/api/live'
import { useKeys } from '@/components/keys'
import type { Known } from '../feed'
import { useLiveTexts } from '../messages'
import { kept, ranked } from './ranking'
import { WallRow } from './row'

/** Before it is measured. */
const ROW_PX = 86

interface Props {
  calls: LiveCall[]
  known: ReadonlyMap<string, Known>
}

export function Wall({ calls, known }: Props) {
  const t = useLiveTexts()
  const box = useRef<HTMLElement>(null)
  const order = useRef<string[]>([])
  const [touched, setTouched] = useState(false)
  const sorted = ranked(calls)
  const rows = touched ? kept(order.current, calls) : sorted
  const pinned = rows.some((row, ix) => row !== sorted[ix])
  order.current = rows.map(({ call_id }) => call_id)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: 4,
    getItemKey: (ix) => rows[ix]!.call_id,
  })
  const move = (by: 1 | -1) => {
    const row = document.activeElement?.closest<HTMLElement>('.wall-row')
    const from = row ? Number(row.dataset.index) : by > 0 ? -1 : rows.length
    const to = Math.min(Math.max(from + by, 0), rows.length - 1)
    virtual.scrollToIndex(to, { align: 'auto' })
    // It may not have been drawn before.
    requestAnimationFrame(() => {
      box.current?.querySelector<HTMLElement>(`[data-index="${to}"] a`)?.focus({ preventScroll: true })
    })
  }
  useKeys('wall', [
    { keys: 'j', does: t.nextKey, run: () => move(1) },
    { keys: 'k', does: t.previousKey, run: () => move(-1) },
  ])
  return (
    <>
      <p className="wall-pinned" role="status">
        {pinned && t.heldOrder}
      </p>
      <section
        ref={box}
        className="wall"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keys
        tabIndex={0}
        aria-label={t.list}
        onPointerEnter={() => setTouched(true)}
        onPointerLeave={() => setTouched(false)}
        onFocus={() => setTouched(true)}
        onBlur={({ currentTarget, relatedTarget }) => {
          if (!currentTarget.contains(relatedTarget)) setTouched(false)
        }}
      >
        <ul style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, key, start }) => {
            const call = rows[index]!
            return (
              <WallRow
                key={key}
                ref={virtual.measureElement}
                index={index}
                known={known.get(call.call_id)!}
                start={start}
              />
            )
          })}
        </ul>
      </section>
    </>
  )
}
