/** The live wall: what goes on now, and who needs somebody. */
import { DisconnectOutlined } from '@ant-design/icons'
import { Alert, Button, Empty, Skeleton, Typography } from 'antd'
import { useMemo } from 'react'
import { useAddress } from '@/components/address'
import { useWall } from '@/components/alerts/use-alerts'
import { useColours } from '@/components/colours'
import { Needs } from '@/components/needs'
import { PageHead } from '@/components/page'
import { ProblemAlert } from '@/components/problem'
import { useLiveTexts } from './messages'
import { useFeed } from './use-feed'
import { CapacityStrip } from './wall/capacity'
import { Filters } from './wall/filters'
import { Wall } from './wall/list'
import { filterOf, isFiltered, shown } from './wall/ranking'
import './live.css'

export function LivePage() {
  return (
    <Needs action="live.read">
      <Live />
    </Needs>
  )
}

/** What plays a recording as if it were a call: for systems without telephones. */
const SIMULATE = `lingting simulate RECORDING.wav --to ws://${window.location.host}/live/media-stream/SOURCE/TOKEN`

function Live() {
  const t = useLiveTexts()
  const feed = useFeed()
  // The calls themselves come by their stream.
  const wall = useWall()
  const [address, go] = useAddress()
  const filter = filterOf(address)
  const { team, vendor, alerts } = filter
  const all = useMemo(() => [...feed.calls.values()].map(({ call }) => call), [feed.calls])
  const calls = useMemo(() => shown(all, { team, vendor, alerts }), [all, team, vendor, alerts])
  const waiting = feed.round === 0 && wall.isPending
  return (
    <div className="live" style={useColours()}>
      <PageHead title={t.title} hint={t.hint} />
      {wall.isError && <ProblemAlert problem={wall.error} retry={() => wall.refetch()} />}
      <CapacityStrip capacity={wall.data?.capacity} calls={all} />
      {feed.round > 0 && !feed.connected && (
        <Alert
          type="warning"
          showIcon
          icon={<DisconnectOutlined />}
          title={t.broken}
          className="live-broken"
        />
      )}
      <Filters filter={filter} shown={calls.length} all={all.length} />
      {waiting && <Skeleton active paragraph={{ rows: 8 }} />}
      {!waiting && all.length === 0 && (
        <Empty description={t.empty} className="live-empty">
          <p>{t.emptyHint}</p>
          <Typography.Text code copyable>
            {SIMULATE}
          </Typography.Text>
        </Empty>
      )}
      {all.length > 0 && calls.length === 0 && (
        <Empty description={t.none}>
          {isFiltered(filter) && (
            <Button onClick={() => go({ team: undefined, vendor: undefined, alerts: undefined })}>
              {t.clear}
            </Button>
          )}
        </Empty>
      )}
      {calls.length > 0 && <Wall calls={calls} known={feed.calls} />}
    </div>
  )
}
