/** Narrows the log: by who, what, to what. They stand in the address. */
import { Button, Flex, Input, Select } from 'antd'
import { useAddress } from '@/components/address'
import { useMessages } from '@/i18n'
import { messages } from './messages'
import { DEEDS, useActorName, useDeed, useEverybody } from './words'

export function Filters() {
  const t = useMessages(messages)
  const [{ actor, action, object }, go] = useAddress()
  const people = useEverybody()
  const name = useActorName()
  const deed = useDeed()
  const known = people.data?.map(({ id, name, login }) => ({ value: id, label: `${name} (${login})` })) ?? []
  const actors =
    actor && !known.some(({ value }) => value === actor)
      ? [...known, { value: actor, label: name(actor) }]
      : known
  return (
    <Flex gap={8} wrap className="audit-filters" role="group" aria-label={t.filters}>
      <Select
        allowClear
        showSearch={{ optionFilterProp: 'label' }}
        aria-label={t.actor}
        placeholder={t.actor}
        value={actor}
        onChange={(actor) => go({ actor })}
        options={actors}
        popupMatchSelectWidth={false}
      />
      <Select
        allowClear
        showSearch={{ optionFilterProp: 'label' }}
        aria-label={t.action}
        placeholder={t.action}
        value={action}
        onChange={(action) => go({ action })}
        options={DEEDS.map((value) => ({ value, label: deed(value) }))}
        popupMatchSelectWidth={false}
      />
      <Input.Search
        key={object}
        allowClear
        defaultValue={object}
        aria-label={t.object}
        placeholder={t.objectHint}
        onSearch={(object) => go({ object: object.trim() })}
      />
      {(actor || action || object) && (
        <Button type="text" onClick={() => go({ actor: undefined, action: undefined, object: undefined })}>
          {t.clear}
        </Button>
      )}
    </Flex>
  )
}
