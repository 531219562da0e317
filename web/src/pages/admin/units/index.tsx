/** Names of units: calls hold ids, people read names. One is written where it stands. */
import { EditOutlined } from '@ant-design/icons'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { App, Button, Empty, Input, Table, type TableProps, Tabs } from 'antd'
import { useState } from 'react'
import { api, data, type Schemas } from '@/api/client'
import { useAddress } from '@/components/address'
import { Needs } from '@/components/needs'
import { PageHead } from '@/components/page'
import { ProblemAlert } from '@/components/problem'
import { UNIT_KINDS, type UnitKind, useUnits, useUnitWords } from '@/components/units'
import { defineMessages, useLocale, useMessages } from '@/i18n'

const messages = defineMessages({
  zh: {
    title: '组织名称',
    hint: '通话中记录的是编号；在这里填写大家看到的名称',
    find: '查找编号或名称',
    id: '编号',
    name: '名称',
    first: '首次出现',
    rename: (name: string) => `修改名称：${name}`,
    newName: (id: string) => `${id} 的名称`,
    saved: '已保存',
    empty: '还没有。分析过含有这类信息的通话后会自动出现。',
    none: '没有符合的名称',
  },
  en: {
    title: 'Names',
    hint: 'Calls hold ids; write here what people read',
    find: 'Find an id or a name',
    id: 'Id',
    name: 'Name',
    first: 'First seen',
    rename: (name: string) => `Rename ${name}`,
    newName: (id: string) => `Name of ${id}`,
    saved: 'Saved',
    empty: 'None yet. They appear by themselves once calls that name them were analysed.',
    none: 'No name is like that',
  },
})

type Unit = Schemas['Unit']

export function UnitsPage() {
  return (
    <Needs action="units.write">
      <Units />
    </Needs>
  )
}

function Units() {
  const t = useMessages(messages)
  const words = useUnitWords()
  const [address, go] = useAddress()
  const kind = UNIT_KINDS.find((kind) => kind === address.kind) ?? 'client'
  return (
    <>
      <PageHead title={t.title} hint={t.hint} />
      <Tabs
        activeKey={kind}
        onChange={(kind) => go({ kind, find: undefined }, true)}
        destroyOnHidden
        items={UNIT_KINDS.map((kind) => ({ key: kind, label: words[kind], children: <Kind kind={kind} /> }))}
      />
    </>
  )
}

function Kind({ kind }: { kind: UnitKind }) {
  const t = useMessages(messages)
  const { format } = useLocale()
  const [address, go] = useAddress()
  const units = useUnits(kind)
  if (units.isError) return <ProblemAlert problem={units.error} retry={() => units.refetch()} />
  const wanted = (address.find ?? '').toLowerCase()
  const shown = units.data?.filter(({ id, name }) => `${id}\n${name}`.toLowerCase().includes(wanted))
  const columns: TableProps<Unit>['columns'] = [
    { title: t.name, render: (_, unit) => <Name kind={kind} unit={unit} /> },
    { title: t.id, dataIndex: 'id' },
    { title: t.first, width: 160, render: (_, { first_seen }) => format.date(first_seen) },
  ]
  return (
    <>
      <Input.Search
        allowClear
        defaultValue={address.find ?? ''}
        placeholder={t.find}
        aria-label={t.find}
        onChange={({ target }) => go({ find: target.value })}
        style={{ maxWidth: 320, marginBottom: 12 }}
      />
      <Table
        rowKey="id"
        size="middle"
        loading={units.isPending}
        columns={columns}
        dataSource={shown ?? []}
        pagination={{ pageSize: 50, hideOnSinglePage: true, showSizeChanger: false }}
        scroll={{ x: 560 }}
        locale={{ emptyText: <Empty description={wanted ? t.none : t.empty} /> }}
      />
    </>
  )
}

function Name({ kind, unit }: { kind: UnitKind; unit: Unit }) {
  const t = useMessages(messages)
  const { message } = App.useApp()
  const client = useQueryClient()
  const [writing, setWriting] = useState(false)
  const rename = useMutation({
    mutationFn: (name: string) =>
      data(
        api.PUT('/api/v1/units/{unit_kind}/{unit_id}', {
          params: { path: { unit_kind: kind, unit_id: unit.id } },
          body: { name },
        }),
      ),
    onSuccess: () => {
      message.success(t.saved)
      return client.invalidateQueries({ queryKey: ['units', kind] })
    },
    onError: (error) => message.error(error.message),
  })
  if (!writing) {
    return (
      <Button
        type="text"
        className="row-link"
        icon={<EditOutlined />}
        iconPlacement="end"
        loading={rename.isPending}
        aria-label={t.rename(unit.name)}
        onClick={() => setWriting(true)}
      >
        {unit.name}
      </Button>
    )
  }
  const end = (name: string) => {
    setWriting(false)
    if (name.trim() && name.trim() !== unit.name) rename.mutate(name.trim())
  }
  return (
    <Input
      autoFocus
      defaultValue={unit.name}
      maxLength={100}
      aria-label={t.newName(unit.id)}
      onFocus={({ target }) => target.select()}
      onPressEnter={({ currentTarget }) => end(currentTarget.value)}
      onBlur={({ target }) => end(target.value)}
      onKeyDown={({ key }) => key === 'Escape' && setWriting(false)}
      style={{ maxWidth: 320 }}
    />
  )
}
