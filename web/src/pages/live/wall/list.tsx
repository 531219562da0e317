/**
 * The calls, those at most risk first; only what is in sight is drawn. While a pointer or the focus is on them they keep
 * their places, so that nobody opens another call than the one they meant.
 */
import { useVirtualizer } from '@tanstack/react-virtual'
import { useRef, useState } from 'react'
import type { LiveCall } from '@/api/live'
import type { Known } from '../feed'
import { useLiveTexts } from '../messages'
import { kept, ranked } from './ranking'
import { WallRow } from './row'

/** Before it is measured. */
const ROW_PX = 116

interface Props {
  calls: LiveCall[]
  known: ReadonlyMap<string, Known>
}

export function Wall({ calls, known }: Props) {
  const t = useLiveTexts()
  const box = useRef<HTMLElement>(null)
  const order = useRef<string[]>([])
  const [touched, setTouched] = useState(false)
  const rows = touched ? kept(order.current, calls) : ranked(calls)
  order.current = rows.map(({ call_id }) => call_id)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: 4,
    getItemKey: (ix) => rows[ix]!.call_id,
  })
  return (
    <section
      ref={box}
      className="wall"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keys
      tabIndex={0}
      aria-label={t.list}
      title={touched ? t.heldOrder : undefined}
      onPointerEnter={() => setTouched(true)}
      onPointerLeave={() => setTouched(false)}
      onFocus={() => setTouched(true)}
      onBlur={() => setTouched(false)}
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
  )
}
