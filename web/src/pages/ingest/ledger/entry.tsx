/** All that is known about one file, and what to do about it. Which one stands in the address. */
import { useQuery } from '@tanstack/react-query'
import { Alert, Descriptions, Drawer, Flex, Skeleton, Typography } from 'antd'
import { useAddress } from '@/components/address'
import { ProblemAlert } from '@/components/problem'
import { useLocale, useMessages } from '@/i18n'
import { entryQuery } from '../upload/outcome'
import { CallLink } from './call-link'
import type { Entry } from './list'
import { ledgerMessages } from './messages'
import { briefly, fileName, isOtherSide, remedyOf } from './remedy'
import { RetryButton } from './retry'
import { useSourceName } from './source'
import { isEnded, StateTag } from './states'

export function LedgerEntryDrawer() {
  const t = useMessages(ledgerMessages)
  const [address, go] = useAddress()
  const id = address.entry
  const entry = useQuery({ ...entryQuery(id ?? ''), enabled: Boolean(id) })
  return (
    <Drawer
      open={Boolean(id)}
      onClose={() => go({ entry: undefined })}
      size={520}
      title={entry.data ? fileName(entry.data.path) : t.entry}
    >
      {entry.isError && <ProblemAlert problem={entry.error} retry={() => entry.refetch()} />}
      {id && entry.isPending && <Skeleton active />}
      {entry.data && <Details entry={entry.data} />}
    </Drawer>
  )
}

function Details({ entry }: { entry: Entry }) {
  const t = useMessages(ledgerMessages)
  const { format } = useLocale()
  const name = useSourceName()
  const remedy = remedyOf(entry.state, entry.why)
  return (
    <Flex vertical gap={16}>
      {remedy && (
        <Alert
          type={entry.state === 'skipped' ? 'info' : 'warning'}
          showIcon
          title={t.remedy}
          description={t[remedy]}
        />
      )}
      <Descriptions
        column={1}
        size="small"
        bordered
        styles={{ label: { whiteSpace: 'nowrap' } }}
        items={[
          { label: t.state, children: <StateTag state={entry.state} /> },
          { label: t.source, children: name(entry.source) },
          { label: t.path, children: <span className="ledger-file">{entry.path}</span> },
          { label: t.bytes, children: format.bytes(entry.size) },
          { label: t.attempts, children: format.number(entry.attempts) },
          { label: t.firstSeen, children: format.dateTime(entry.seen) },
          { label: t.changed, children: format.dateTime(entry.changed) },
        ]}
      />
      {entry.why && (
        <div>
          <Typography.Title level={5}>{t.message}</Typography.Title>
          <pre className="ledger-message">{briefly(entry.why, entry.path)}</pre>
        </div>
      )}
      <Flex gap={8} align="center">
        <CallLink entry={entry} />
        {isEnded(entry.state) && !isOtherSide(entry.why) && (
          <RetryButton entry={entry} size="middle" type="primary" />
        )}
      </Flex>
    </Flex>
  )
}
