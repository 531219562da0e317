/** What was raised, the newest first. */
import { Button, Flex, Segmented, type TableProps } from 'antd'
import { type Alert, type AlertsState, alerts } from '@/api/live'
import { useCan } from '@/app/session'
import { useAddress } from '@/components/address'
import { Acknowledge, Feedback, ToCall } from '@/components/alerts/actions'
import { AlertQuote, AlertState } from '@/components/alerts/card'
import { CriterionTitle } from '@/components/criterion-title'
import { Listing, useListing } from '@/components/listing'
import { SeverityTag } from '@/components/verdict'
import { useLocale } from '@/i18n'
import { usePageTexts } from './messages'

const STATES: AlertsState[] = ['open', 'acknowledged', 'all']

export function AlertsList() {
  const t = usePageTexts()
  const [address, go] = useAddress()
  const state = STATES.find((known) => known === address.state) ?? 'open'
  const { call } = address
  const { list, pages } = useListing(['alerts', 'list', state, call], (cursor) =>
    alerts.list({ state, call_id: call, cursor, limit: 50 }),
  )
  const columns = useColumns()
  return (
    <>
      <Flex gap={12} wrap align="center" style={{ marginBottom: 12 }}>
        <Segmented<AlertsState>
          aria-label={t.state}
          value={state}
          onChange={(state) => go({ state })}
          options={STATES.map((value) => ({ value, label: t[value] }))}
        />
        {call && (
          <span>
            {t.ofCall(call)}{' '}
            <Button size="small" type="link" onClick={() => go({ call: undefined })}>
              {t.clear}
            </Button>
          </span>
        )}
      </Flex>
      <Listing
        rowKey="alert_id"
        list={list}
        pages={pages}
        columns={columns}
        width={1000}
        empty={state === 'open' ? t.emptyOpen : t.empty}
      />
    </>
  )
}

function useColumns(): TableProps<Alert>['columns'] {
  const t = usePageTexts()
  const can = useCan()
  const { format } = useLocale()
  return [
    { title: t.at, width: 150, render: (_, { at }) => <time dateTime={at}>{format.dateTime(at)}</time> },
    {
      title: t.what,
      width: 220,
      render: (_, alert) => (
        <Flex gap={6} wrap align="center">
          <SeverityTag severity={alert.severity} />
          <CriterionTitle {...alert} />
        </Flex>
      ),
    },
    { title: t.words, render: (_, alert) => <AlertQuote alert={alert} /> },
    {
      title: t.handling,
      width: 190,
      render: (_, alert) => <AlertState alert={alert} />,
    },
    {
      title: t.actions,
      width: 330,
      render: (_, alert) => (
        <Flex gap={8} wrap align="center">
          {can('alerts.settle') && alert.state === 'open' && <Acknowledge alert={alert} />}
          <ToCall alert={alert} />
          {can('alerts.settle') && <Feedback alert={alert} />}
        </Flex>
      ),
    },
  ]
}
