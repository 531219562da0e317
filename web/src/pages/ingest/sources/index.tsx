/** Where recordings come from, whether each place answers, and what came of its files. */
import { CheckCircleOutlined, WarningOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Alert, Card, Descriptions, Skeleton, Tag } from 'antd'
import { api, data, type Schemas } from '@/api/client'
import { ProblemAlert } from '@/components/problem'
import { useLocale, useMessages } from '@/i18n'
import { useSourceName } from '../ledger/source'
import { sourceMessages } from './messages'
import './sources.css'

type Source = Schemas['Source']

/** Looks through folders tell no event. */
const ASKED_MS = 10_000

export function SourcesTab() {
  const t = useMessages(sourceMessages)
  const sources = useQuery({
    queryKey: ['ledger', 'sources'],
    queryFn: () => data(api.GET('/api/v1/sources')),
    refetchInterval: ASKED_MS,
  })
  if (sources.isError) return <ProblemAlert problem={sources.error} retry={() => sources.refetch()} />
  if (!sources.data) return <Skeleton active />
  const { items } = sources.data
  const isAny = items.some(({ kind }) => kind === 'folder' || kind === 'bucket')
  return (
    <div className="sources">
      {!isAny && <Alert type="info" showIcon title={t.only} className="sources-wide" />}
      {items.map((source) => (
        <SourceCard key={source.name} source={source} />
      ))}
    </div>
  )
}

const word = <T extends object>(t: T, name: string | null | undefined) =>
  name && name in t ? (t[name as keyof T] as string) : name

function SourceCard({ source }: { source: Source }) {
  const t = useMessages(sourceMessages)
  const { format } = useLocale()
  const nameOf = useSourceName()
  const { name, kind, place, endpoint, after, scan_s, last_scan, trouble } = source
  const isLooked = kind === 'folder' || kind === 'bucket'
  const looked = last_scan ? format.ago(last_scan) : t.notYet
  return (
    <Card
      size="small"
      title={nameOf(name)}
      extra={
        trouble ? (
          <Tag color="error" icon={<WarningOutlined />}>
            {t.trouble}
          </Tag>
        ) : (
          isLooked && (
            <Tag color="success" icon={<CheckCircleOutlined />}>
              {t.well}
            </Tag>
          )
        )
      }
    >
      {trouble && <Trouble trouble={trouble} />}
      <p className="sources-place">
        {word(t, kind) !== nameOf(name) && word(t, kind)}
        {place && <code>{place}</code>}
      </p>
      <Counts source={source} />
      {isLooked && (
        <Descriptions
          column={1}
          size="small"
          items={[
            ...(endpoint ? [{ label: t.endpoint, children: endpoint }] : []),
            ...(after ? [{ label: t.after, children: word(t, after) }] : []),
            ...(scan_s != null ? [{ label: t.scan, children: t.seconds(format.number(scan_s)) }] : []),
            { label: t.last, children: looked },
          ]}
        />
      )}
    </Card>
  )
}

/** Each number leads to its files; those on their way are in several states. */
function Counts({ source }: { source: Source }) {
  const t = useMessages(sourceMessages)
  const { format } = useLocale()
  return (
    <dl className="sources-counts">
      {(['waiting', 'done', 'skipped', 'failed'] as const).map((what) => (
        <div key={what}>
          <dt>{t[what]}</dt>
          <dd>
            <Link
              to="/ingest"
              search={{ tab: 'ledger', source: source.name, state: what === 'waiting' ? undefined : what }}
            >
              {format.number(source[what])}
            </Link>
          </dd>
        </div>
      ))}
    </dl>
  )
}

function Trouble({ trouble }: { trouble: NonNullable<Source['trouble']> }) {
  const { chinese } = useLocale()
  const { place, why, remedy } = trouble
  return (
    <Alert
      type="error"
      showIcon
      className="sources-trouble"
      title={chinese ? remedy.zh : remedy.en}
      description={[place, why].filter(Boolean).join(': ') || undefined}
    />
  )
}
