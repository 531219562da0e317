/** The list: only the rows in sight are drawn, and the next page is fetched before one comes to the end. */
import { useVirtualizer } from '@tanstack/react-virtual'
import { Skeleton } from 'antd'
import { useEffect, useRef } from 'react'
import type { Held } from '@/components/review/held'
import { useMessages } from '@/i18n'
import type { Row } from './calls'
import { messages } from './messages'
import { CallRow } from './row'

const ROW_PX = 94
/** Rows before the end at which the next page is asked for. */
const AHEAD = 30

export interface ListProps {
  rows: Row[]
  held: readonly Held[]
  chosen: string | undefined
  ticked: ReadonlySet<string>
  tickable: boolean
  more: boolean
  loading: boolean
  onMore: () => void
  onChoose: (id: string) => void
  onOpen: (id: string) => void
  onTick: (id: string, stretch: boolean) => void
}

export function CallList(props: ListProps) {
  const { rows, chosen, more, loading, onMore } = props
  const t = useMessages(messages)
  const box = useRef<HTMLElement>(null)
  const virtual = useVirtualizer({
    count: rows.length + (more ? 1 : 0),
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: 6,
    getItemKey: (ix) => rows[ix]?.id ?? 'more',
  })
  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (more && !loading && last >= rows.length - AHEAD) onMore()
  }, [more, loading, last, rows.length, onMore])

  // The cursor stays in sight; only when it moves, not when rows come.
  const at = useRef(-1)
  at.current = rows.findIndex((row) => row.id === chosen)
  useEffect(() => {
    if (chosen && at.current >= 0) virtual.scrollToIndex(at.current, { align: 'auto' })
  }, [chosen, virtual])

  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keys
    <section ref={box} className="inbox-scroll" tabIndex={0} aria-label={t.list}>
      <ul style={{ height: virtual.getTotalSize() }}>
        {items.map(({ index, key, start }) => {
          const row = rows[index]
          const style = { transform: `translateY(${start}px)`, height: ROW_PX }
          if (!row) return <Waiting key={key} style={style} />
          return (
            <CallRow
              key={key}
              row={row}
              held={props.held}
              style={style}
              active={row.id === chosen}
              ticked={props.ticked.has(row.id)}
              tickable={props.tickable}
              onChoose={() => props.onChoose(row.id)}
              onOpen={() => props.onOpen(row.id)}
              onTick={(stretch) => props.onTick(row.id, stretch)}
            />
          )
        })}
      </ul>
    </section>
  )
}

function Waiting({ style }: { style?: React.CSSProperties }) {
  return (
    <li className="inbox-row" style={style} aria-busy>
      <Skeleton active title={false} paragraph={{ rows: 3, width: ['55%', '90%', '70%'] }} />
    </li>
  )
}

/** Before the first page is here. */
export function ListSkeleton() {
  return (
    <ul className="inbox-scroll" aria-busy>
      {[0, 1, 2, 3, 4].map((ix) => (
        <Waiting key={ix} />
      ))}
    </ul>
  )
}
