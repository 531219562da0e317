/** Names a unit by choosing one that is known, or by typing the id of one that no call has named yet. */
import { AutoComplete } from 'antd'
import { type UnitKind, useUnits, useUnitWords } from './units'

interface Props {
  kind: UnitKind
  id?: string
  value?: string
  onChange?: (value: string) => void
  disabled?: boolean
  label?: string
}

export function UnitInput({ kind, label, ...rest }: Props) {
  const words = useUnitWords()
  const units = useUnits(kind)
  const options = units.data?.map(({ id, name }) => ({
    value: id,
    label: id === name ? name : `${name} (${id})`,
  }))
  return (
    <AutoComplete
      allowClear
      options={options}
      placeholder={words[kind]}
      aria-label={label ?? words[kind]}
      popupMatchSelectWidth={false}
      showSearch={{
        filterOption: (typed, option) =>
          String(option?.label ?? '')
            .toLowerCase()
            .includes(typed.toLowerCase()),
      }}
      {...rest}
    />
  )
}
