/** The files themselves, the last seen first. */
import { useQuery } from '@tanstack/react-query'
import { Button, Flex, Grid, Select, Space, type TableProps } from 'antd'
import { api, data, type Schemas } from '@/api/client'
import { useAddress } from '@/components/address'
import { Listing, useListing } from '@/components/listing'
import { useLocale, useMessages } from '@/i18n'
import { CallLink } from './call-link'
import { ledgerMessages } from './messages'
import { briefly, fileName, isOtherSide, remedyOf } from './remedy'
import { RetryButton } from './retry'
import { useSourceName } from './source'
import { FILE_STATES, isEnded, isFileState, isUnderWay, StateTag } from './states'

export type Entry = Schemas['LedgerEntry']

const ASKED_MS = 5000

function useEntries() {
  const [address] = useAddress()
  const source = address.source
  const state = isFileState(address.state) ? address.state : undefined
  const { list, pages } = useListing(
    ['ledger', 'list', state, source],
    (cursor) => data(api.GET('/api/v1/ledger', { params: { query: { state, source, cursor } } })),
    (entries) => (entries.some((entry) => isUnderWay(entry.state)) ? ASKED_MS : false),
  )
  return { list, pages, filtered: Boolean(source || state) }
}

export function LedgerList() {
  const t = useMessages(ledgerMessages)
  const { list, pages, filtered } = useEntries()
  const columns = useColumns()
  return (
    <>
      <Filters />
      <Listing list={list} pages={pages} columns={columns} empty={filtered ? t.empty : t.emptyAll} />
    </>
  )
}

/** Where there is little room, what is known of a file stands below its name, and why it failed below its state. */
function useColumns(): TableProps<Entry>['columns'] {
  const t = useMessages(ledgerMessages)
  const { format } = useLocale()
  const name = useSourceName()
  const wide = Grid.useBreakpoint().xl ?? false
  const apart: TableProps<Entry>['columns'] = [
    { title: t.why, render: (_, entry) => <Why entry={entry} /> },
    { title: t.source, width: 92, render: (_, { source }) => name(source) },
    { title: t.attempts, width: 84, align: 'right', dataIndex: 'attempts' },
    { title: t.bytes, width: 80, align: 'right', render: (_, { size }) => format.bytes(size) },
  ]
  return [
    {
      title: t.file,
      width: wide ? '20%' : '38%',
      render: (_, entry) => (
        <>
          <FileButton entry={entry} />
          {!wide && <Fine entry={entry} />}
        </>
      ),
    },
    {
      title: t.state,
      width: wide ? 104 : undefined,
      render: (_, entry) => (
        <>
          <StateTag state={entry.state} />
          {!wide && <Why entry={entry} />}
        </>
      ),
    },
    ...(wide ? apart : []),
    {
      title: t.changed,
      width: wide ? 124 : 112,
      render: (_, { changed }) => <time title={format.dateTime(changed)}>{format.ago(changed)}</time>,
    },
    {
      width: 92,
      render: (_, entry) => (
        <Space size={4}>
          {entry.call && <CallLink entry={entry} />}
          {isEnded(entry.state) && !isOtherSide(entry.why) && <RetryButton entry={entry} />}
        </Space>
      ),
    },
  ]
}

function FileButton({ entry }: { entry: Entry }) {
  const [, go] = useAddress()
  return (
    <Button
      type="link"
      className="ledger-count ledger-file"
      title={entry.path}
      onClick={() => go({ entry: entry.id }, true)}
    >
      {fileName(entry.path)}
    </Button>
  )
}

/** Where a file came from, how large it is; how often it was tried, where that was more than once. */
function Fine({ entry }: { entry: Entry }) {
  const t = useMessages(ledgerMessages)
  const { format } = useLocale()
  const name = useSourceName()
  const tried = entry.attempts > 1 ? [t.tried(entry.attempts)] : []
  return (
    <div className="ledger-fine">{[name(entry.source), format.bytes(entry.size), ...tried].join(' · ')}</div>
  )
}

/** In the reader's language where what was said is known; the system's own words stand in the details. */
function Why({ entry }: { entry: Entry }) {
  const t = useMessages(ledgerMessages)
  const remedy = remedyOf(entry.state, entry.why)
  if (!remedy) return null
  const said = briefly(entry.why ?? '', entry.path)
  return (
    <span className="ledger-why" title={said}>
      {t[remedy]}
    </span>
  )
}

function Filters() {
  const t = useMessages(ledgerMessages)
  const [address, go] = useAddress()
  const name = useSourceName()
  const sources = useQuery({
    queryKey: ['ledger', 'totals'],
    queryFn: () => data(api.GET('/api/v1/ledger/totals')),
  })
  return (
    <Flex gap={8} wrap className="ledger-filters" role="group" aria-label={t.filters}>
      <Select
        allowClear
        aria-label={t.state}
        placeholder={t.anyState}
        value={isFileState(address.state) ? address.state : undefined}
        onChange={(state) => go({ state })}
        options={FILE_STATES.map((value) => ({ value, label: t[value] }))}
        style={{ minWidth: 140 }}
      />
      <Select
        allowClear
        aria-label={t.source}
        placeholder={t.anySource}
        value={address.source}
        onChange={(source) => go({ source })}
        options={sources.data?.sources.map(({ source }) => ({ value: source, label: name(source) }))}
        popupMatchSelectWidth={false}
        style={{ minWidth: 140 }}
      />
      {(address.state || address.source) && (
        <Button type="text" onClick={() => go({ state: undefined, source: undefined })}>
          {t.clear}
        </Button>
      )}
    </Flex>
  )
}
