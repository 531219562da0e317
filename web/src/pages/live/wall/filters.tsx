/** Narrows the wall: by team, vendor, and whether something was raised. In the address. */
import { Button, Checkbox, Flex } from 'antd'
import { useAddress } from '@/components/address'
import { UnitSelect } from '@/components/units'
import { useLiveTexts } from '../messages'
import { isFiltered, type WallFilter } from './ranking'

export function Filters({ filter, shown, all }: { filter: WallFilter; shown: number; all: number }) {
  const t = useLiveTexts()
  const [, go] = useAddress()
  return (
    <Flex gap={8} wrap align="center" role="group" aria-label={t.filters} className="live-filters">
      {(['team', 'vendor'] as const).map((kind) => (
        <UnitSelect
          key={kind}
          kind={kind}
          value={filter[kind]}
          onChange={(id: string | undefined) => go({ [kind]: id })}
        />
      ))}
      <Checkbox
        checked={filter.alerts === true}
        onChange={({ target }) => go({ alerts: target.checked ? 'yes' : undefined })}
      >
        {t.onlyAlerts}
      </Checkbox>
      {isFiltered(filter) && (
        <>
          <Button type="text" onClick={() => go({ team: undefined, vendor: undefined, alerts: undefined })}>
            {t.clear}
          </Button>
          <span className="live-count" role="status">
            {t.shownOf(shown, all)}
          </span>
        </>
      )}
    </Flex>
  )
}
