/** Conditions on calls: written as rows, and read as words. */
import { DeleteOutlined, PlusOutlined } from '@ant-design/icons'
import { Button, Flex, Input, Select, Tag } from 'antd'
import { UnitInput } from '@/components/unit-input'
import { UNIT_KINDS, type UnitKind, UnitName, useUnitWords } from '@/components/units'
import { useWords } from '@/components/verdict'
import { useMessages } from '@/i18n'
import { type Column, type Condition, freeColumns, VALUES } from './conditions'
import { messages } from './messages'

const isUnit = (column: Column): column is Column & UnitKind => UNIT_KINDS.includes(column as UnitKind)

const OWN = ['inbound', 'outbound', 'call', 'chat', 'zh', 'en'] as const
const isOwn = (value: string): value is (typeof OWN)[number] => OWN.includes(value as (typeof OWN)[number])

/** Words of columns and of their values. */
function useColumnWords() {
  const t = useMessages(messages)
  const units = useUnitWords()
  const words = useWords()
  return {
    column: (column: Column) => (isUnit(column) ? units[column] : t[column]),
    value: (value: string) => (isOwn(value) ? t[value] : words(value)),
  }
}

export function ConditionsText({ rows }: { rows: readonly Condition[] }) {
  const t = useMessages(messages)
  const words = useColumnWords()
  if (rows.length === 0) return t.everyCall
  return (
    <Flex wrap gap={4}>
      {rows.map(({ column, value }) => (
        <Tag key={column} className="retention-tag">
          {words.column(column)} {isUnit(column) ? <UnitName kind={column} id={value} /> : words.value(value)}
        </Tag>
      ))}
    </Flex>
  )
}

interface Props {
  value?: Condition[]
  onChange?: (rows: Condition[]) => void
}

export function Conditions({ value: rows = [], onChange }: Props) {
  const t = useMessages(messages)
  const words = useColumnWords()
  const free = freeColumns(rows)
  const next = free[0]
  return (
    <Flex vertical gap={8}>
      {rows.length === 0 && <span>{t.everyCall}</span>}
      {rows.map((row, at) => (
        <Flex key={row.column} gap={8}>
          <Select
            aria-label={t.column}
            value={row.column}
            onChange={(column: Column) => onChange?.(rows.with(at, { column, value: '' }))}
            options={[row.column, ...free].map((value) => ({ value, label: words.column(value) }))}
            popupMatchSelectWidth={false}
            className="retention-column"
          />
          <Value row={row} onChange={(value) => onChange?.(rows.with(at, { ...row, value }))} />
          <Button
            type="text"
            icon={<DeleteOutlined />}
            aria-label={t.removeCondition(words.column(row.column))}
            onClick={() => onChange?.(rows.toSpliced(at, 1))}
          />
        </Flex>
      ))}
      {next && (
        <div>
          <Button
            size="small"
            icon={<PlusOutlined />}
            onClick={() => onChange?.([...rows, { column: next, value: '' }])}
          >
            {t.addCondition}
          </Button>
        </div>
      )}
    </Flex>
  )
}

function Value({ row, onChange }: { row: Condition; onChange: (value: string) => void }) {
  const t = useMessages(messages)
  const words = useColumnWords()
  const { column, value } = row
  const label = `${t.value}: ${words.column(column)}`
  const values = VALUES[column]
  if (isUnit(column)) {
    return (
      <div className="retention-value">
        <UnitInput kind={column} label={label} value={value} onChange={onChange} />
      </div>
    )
  }
  if (values) {
    return (
      <Select
        className="retention-value"
        aria-label={label}
        value={value || undefined}
        onChange={onChange}
        options={values.map((value) => ({ value, label: words.value(value) }))}
      />
    )
  }
  return (
    <Input
      className="retention-value"
      aria-label={label}
      maxLength={200}
      value={value}
      onChange={({ target }) => onChange(target.value)}
    />
  )
}
