/** Above the list: which calls, whose, of when, in which order; the rest behind one button. */
import { FilterOutlined } from '@ant-design/icons'
import { Button, Flex, Popover, Segmented, Select } from 'antd'
import { useMessages } from '@/i18n'
import { Chips, filterMessages } from './chips'
import { FilterForm } from './filter-form'
import { PRESETS, type Search, showsOpen } from './filters'
import { messages } from './messages'

interface Props {
  search: Search
  change: (search: Search) => void
  open: boolean
  setOpen: (open: boolean) => void
}

export function FilterBar({ search, change, open, setOpen }: Props) {
  const t = useMessages(messages)
  const f = useMessages(filterMessages)
  const when = search.when ?? (search.from || search.to ? 'other' : '')
  const assigned = search.assigned_to ?? ''
  return (
    <>
      <Flex gap={8} wrap align="center" className="inbox-bar">
        <Segmented
          aria-label={t.show}
          value={showsOpen(search) ? 'open' : 'all'}
          onChange={(show) => change({ ...search, show })}
          options={[
            { value: 'open', label: t.open },
            { value: 'all', label: t.all },
          ]}
        />
        <Segmented
          aria-label={t.assigned}
          value={assigned}
          onChange={(value) => change({ ...search, assigned_to: value || undefined })}
          options={[
            { value: '', label: t.anyone },
            { value: 'me', label: t.mine },
            { value: 'none', label: t.free },
          ]}
        />
        <Segmented
          aria-label={f.when}
          value={when}
          onChange={(value) =>
            change({ ...search, when: value || undefined, from: undefined, to: undefined })
          }
          options={[
            { value: '', label: f.anyTime },
            ...Object.keys(PRESETS).map((value) => ({ value, label: f[value as 'today'] })),
          ]}
        />
        <Select
          aria-label={t.sort}
          value={search.sort === 'time' ? 'time' : 'risk'}
          onChange={(sort) => change({ ...search, sort: sort === 'time' ? 'time' : undefined })}
          popupMatchSelectWidth={false}
          options={[
            { value: 'risk', label: t.byRisk },
            { value: 'time', label: t.byTime },
          ]}
        />
        <Popover
          open={open}
          onOpenChange={setOpen}
          trigger="click"
          placement="bottomRight"
          destroyOnHidden
          content={<FilterForm search={search} change={change} close={() => setOpen(false)} />}
        >
          <Button icon={<FilterOutlined />} aria-expanded={open}>
            {t.filterKey}
          </Button>
        </Popover>
      </Flex>
      <Chips search={search} change={change} />
    </>
  )
}
