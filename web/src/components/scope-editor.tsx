/** Chooses which calls somebody sees: all of them, or grants that each name units. */
import { DeleteOutlined, PlusOutlined } from '@ant-design/icons'
import { Button, Radio, Typography } from 'antd'
import { defineMessages, useMessages } from '@/i18n'
import { GRANT_FACTS, type Grant, mustName, type Scope, type ScopeFault } from './scopes'
import './scope.css'
import { UnitInput } from './unit-input'
import { useUnitWords } from './units'

const messages = defineMessages({
  zh: {
    scope: '数据范围',
    all: '全部通话',
    some: '指定范围',
    hint: '一条范围内的各项须同时满足；多条之间满足任一条即可。',
    must: (what: string) => `此角色的每条范围都须指定${what}。`,
    add: '添加一条范围',
    remove: (n: number) => `删除第 ${n} 条范围`,
    one: (n: number) => `第 ${n} 条范围`,
    nothing: '请至少指定一项',
    notAll: '此角色不能拥有全部通话',
  },
  en: {
    scope: 'Scope',
    all: 'All calls',
    some: 'Some calls',
    hint: 'What one grant names must all agree; any one grant is enough.',
    must: (what: string) => `Every grant of this role names the ${what.toLowerCase()}.`,
    add: 'Add a grant',
    remove: (n: number) => `Remove grant ${n}`,
    one: (n: number) => `Grant ${n}`,
    nothing: 'Name at least one unit',
    notAll: 'This role cannot see all calls',
  },
})

/** What is wrong with a scope, in words. */
export function useScopeFault(): (fault: ScopeFault) => string {
  const t = useMessages(messages)
  const words = useUnitWords()
  return (fault) => (fault === 'nothing' ? t.nothing : fault === 'not_all' ? t.notAll : t.must(words[fault]))
}

interface Props {
  value?: Scope
  onChange?: (scope: Scope) => void
  role?: string | undefined
}

export function ScopeEditor({ value = { grants: [{}] }, onChange, role }: Props) {
  const t = useMessages(messages)
  const words = useUnitWords()
  const must = mustName(role)
  const all = Boolean(value.all) && !must
  const grants = value.grants?.length ? value.grants : [{}]
  const put = (grants: Grant[]) => onChange?.({ all: false, grants })
  return (
    <fieldset className="scope" aria-label={t.scope}>
      <Radio.Group
        value={all}
        onChange={({ target }) => onChange?.(target.value ? { all: true, grants } : { all: false, grants })}
        options={[
          { value: true, label: t.all, disabled: Boolean(must) },
          { value: false, label: t.some },
        ]}
      />
      {!all && (
        <>
          <Typography.Text type="secondary">
            {must ? t.must(words[must]) : ''} {t.hint}
          </Typography.Text>
          {grants.map((grant, at) => (
            <GrantRow
              // A grant has no identity but its place.
              // biome-ignore lint/suspicious/noArrayIndexKey: rows are only added and removed at their place
              key={at}
              number={at + 1}
              grant={grant}
              onChange={(grant) => put(grants.with(at, grant))}
              onRemove={grants.length > 1 ? () => put(grants.toSpliced(at, 1)) : undefined}
            />
          ))}
          <div>
            <Button size="small" icon={<PlusOutlined />} onClick={() => put([...grants, {}])}>
              {t.add}
            </Button>
          </div>
        </>
      )}
    </fieldset>
  )
}

interface RowProps {
  number: number
  grant: Grant
  onChange: (grant: Grant) => void
  onRemove: (() => void) | undefined
}

function GrantRow({ number, grant, onChange, onRemove }: RowProps) {
  const t = useMessages(messages)
  const words = useUnitWords()
  return (
    <fieldset className="scope-grant" aria-label={t.one(number)}>
      {GRANT_FACTS.map((fact) => (
        <UnitInput
          key={fact}
          kind={fact}
          label={`${t.one(number)}: ${words[fact]}`}
          value={grant[fact] ?? ''}
          onChange={(id) => onChange({ ...grant, [fact]: id })}
        />
      ))}
      {onRemove && (
        <Button
          type="text"
          icon={<DeleteOutlined />}
          aria-label={t.remove(number)}
          onClick={onRemove}
          className="scope-remove"
        />
      )}
    </fieldset>
  )
}
