/** How much is going on, and whether it can be kept up with: in figures and words. */
import { CheckCircleOutlined, WarningOutlined } from '@ant-design/icons'
import { Skeleton } from 'antd'
import type { ReactNode } from 'react'
import type { Capacity, LiveCall } from '@/api/live'
import { useLocale } from '@/i18n'
import { useLiveTexts } from '../messages'
import { lateness, recognitionOf } from './ranking'

export function CapacityStrip({ capacity, calls }: { capacity: Capacity | undefined; calls: LiveCall[] }) {
  const t = useLiveTexts()
  const { format } = useLocale()
  const recognition = capacity ? recognitionOf(capacity) : 'fine'
  const open = calls.reduce((sum, call) => sum + call.alerts_open, 0)
  const warned = calls.filter((call) => call.alerts_open > 0).length
  return (
    <dl className="tiles live-capacity">
      <Tile
        name={t.going}
        value={capacity && t.ofMost(format.number(capacity.going_on), format.number(capacity.calls))}
        more={capacity && capacity.going_on >= capacity.calls ? <Warned>{t.full}</Warned> : undefined}
        share={capacity && capacity.going_on / Math.max(1, capacity.calls)}
      />
      <Tile
        name={t.alertsOpen}
        value={format.number(open)}
        more={open > 0 ? <Warned>{t.ofCalls(warned)}</Warned> : t.noneOpen}
      />
      <Tile
        name={t.lag}
        value={capacity && t.lagOf(format.number(capacity.lag_ms_p95 / 1000, 1))}
        more={capacity && lateness(capacity.lag_ms_p95) !== 'fine' ? <Warned>{t.lagLate}</Warned> : t.lagP95}
      />
      <Tile
        name={t.recognition}
        value={
          capacity &&
          (recognition === 'fine' ? (
            <>
              <CheckCircleOutlined className="live-fine" /> {t.recognised}
            </>
          ) : (
            t[recognition]
          ))
        }
        more={capacity && recognition !== 'fine' && <Warned>{t[`${recognition}Hint`]}</Warned>}
      />
    </dl>
  )
}

function Warned({ children }: { children: ReactNode }) {
  return (
    <span className="live-warned">
      <WarningOutlined aria-hidden /> {children}
    </span>
  )
}

interface TileProps {
  name: string
  value: ReactNode
  more: ReactNode
  share?: number | undefined
}

function Tile({ name, value, more, share }: TileProps) {
  return (
    <div className="tile">
      <dt className="tile-name">{name}</dt>
      <dd className="tile-value">{value ?? <Skeleton.Input active size="small" />}</dd>
      {share !== undefined && (
        <dd className="live-share" aria-hidden>
          <span style={{ width: `${Math.min(100, share * 100)}%` }} />
        </dd>
      )}
      {more && <dd className="tile-more">{more}</dd>}
    </div>
  )
}
