/** What was raised, the newest first. */
import { useQuery } from '@tanstack/react-query'
import { Button, Flex, Grid, Segmented, Select, type TableProps } from 'antd'
import { type Alert, type AlertsState, alerts, type Precision } from '@/api/live'
import { useCan } from '@/app/session'
import { useAddress } from '@/components/address'
import { Acknowledge, Feedback, ToCall } from '@/components/alerts/actions'
import { AlertQuote, AlertState } from '@/components/alerts/card'
import { AlertTitle } from '@/components/alerts/title'
import { Listing, useListing } from '@/components/listing'
import { useTitles } from '@/components/titles'
import { SeverityTag } from '@/components/verdict'
import { useLocale } from '@/i18n'
import { usePageTexts } from './messages'

const STATES: AlertsState[] = ['open', 'acknowledged', 'withdrawn', 'all']

export function AlertsList() {
  const t = usePageTexts()
  const [address, go] = useAddress()
  const state = STATES.find((known) => known === address.state) ?? 'open'
  const { call, rubric, criterion } = address
  const { list, pages } = useListing(['alerts', 'list', state, call, rubric, criterion], (cursor) =>
    alerts.list({ state, call_id: call, rubric, criterion, cursor, limit: 50 }),
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
        <ByCriterion rubric={rubric} criterion={criterion} onChange={(which) => go({ ...which })} />
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
        empty={state === 'open' ? t.emptyOpen : t.empty}
      />
    </>
  )
}

const NONE: Precision[] = []

interface Which {
  rubric: string | undefined
  criterion: string | undefined
}

/** One criterion of those that were raised in the last month, or all. */
function ByCriterion({ rubric, criterion, onChange }: Which & { onChange: (which: Which) => void }) {
  const t = usePageTexts()
  const raised = useQuery({
    queryKey: ['alerts', 'precision', {}],
    queryFn: () => alerts.precision({}),
  })
  const titleOf = useTitles(raised.data ?? NONE)
  const chosen = rubric && criterion ? keyOf({ rubric, criterion }) : undefined
  const options = (raised.data ?? []).map((one) => ({
    value: keyOf(one),
    label: `${titleOf(one.rubric, one.criterion, one.title)} (${one.raised})`,
    which: { rubric: one.rubric, criterion: one.criterion },
  }))
  // An older one may stand in the address.
  if (chosen && rubric && criterion && !options.some(({ value }) => value === chosen)) {
    options.push({ value: chosen, label: criterion, which: { rubric, criterion } })
  }
  return (
    <Select
      aria-label={t.criterion}
      placeholder={t.anyCriterion}
      allowClear
      showSearch={{ optionFilterProp: 'label' }}
      style={{ minWidth: 240 }}
      value={chosen}
      loading={raised.isPending}
      options={options}
      onChange={(value: string | undefined) =>
        onChange(
          options.find((one) => one.value === value)?.which ?? { rubric: undefined, criterion: undefined },
        )
      }
    />
  )
}

const keyOf = ({ rubric, criterion }: { rubric: string; criterion: string }) => `${rubric}/${criterion}`

function useColumns(): TableProps<Alert>['columns'] {
  const t = usePageTexts()
  const can = useCan()
  const { format } = useLocale()
  // Where there is little room, what was done stands below the words.
  const wide = Grid.useBreakpoint().lg ?? false
  const apart: TableProps<Alert>['columns'] = [
    { title: t.handling, width: 116, render: (_, alert) => <AlertState alert={alert} /> },
  ]
  return [
    { title: t.at, width: 112, render: (_, { at }) => <time dateTime={at}>{format.dateTime(at)}</time> },
    {
      title: t.what,
      width: '25%',
      render: (_, alert) => (
        <Flex gap={6} wrap align="center">
          <SeverityTag severity={alert.severity} />
          <AlertTitle {...alert} />
        </Flex>
      ),
    },
    {
      title: t.words,
      render: (_, alert) => (
        <>
          <AlertQuote alert={alert} />
          {!wide && <AlertState alert={alert} />}
        </>
      ),
    },
    ...(wide ? apart : []),
    {
      title: t.actions,
      width: 176,
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
