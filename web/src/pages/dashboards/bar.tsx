/** Which time, which units: in the address. */
import { Flex, Segmented } from 'antd'
import { DayRange } from '@/components/day-range'
import { UNIT_KINDS, UnitSelect } from '@/components/units'
import { useMessages } from '@/i18n'
import { messages } from './messages'
import { WHENS, type When } from './range'
import { useParams } from './use-figures'

export function RangeBar({ when, units = true }: { when: When | 'days'; units?: boolean }) {
  const t = useMessages(messages)
  const [params, change] = useParams()
  const days = when === 'days'
  return (
    <div className="range-bar">
      <Flex gap={8} wrap align="center">
        <Segmented
          aria-label={t.range}
          value={when}
          options={WHENS.map((when) => ({ value: when, label: t[when] }))}
          onChange={(when) => change({ when, from: undefined, to: undefined })}
        />
        <DayRange
          label={t.days}
          className="range-days"
          presets={false}
          value={days ? { from: params.from, to: params.to } : {}}
          onChange={({ from, to }) => change({ when: undefined, from, to })}
        />
      </Flex>
      {units && (
        <div className="range-units">
          {UNIT_KINDS.filter((kind) => kind !== 'queue').map((kind) => (
            <UnitSelect
              key={kind}
              kind={kind}
              value={params[kind]}
              onChange={(id: string | undefined) => change({ [kind]: id || undefined })}
            />
          ))}
        </div>
      )}
    </div>
  )
}
