/** API tokens of a person: what each is for, what it may, when it was used; and an end to it. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { App, Button, Empty, Skeleton, Table, type TableProps, Tag } from 'antd'
import { api, data, type Schemas } from '@/api/client'
import { useCan, useMe } from '@/app/session'
import { defineMessages, useLocale, useMessages } from '@/i18n'
import { useAccessWords } from './access-words'
import { ProblemAlert } from './problem'
import './scope.css'
import { isLive } from './token-state'

type Token = Schemas['Token']

const messages = defineMessages({
  zh: {
    name: '用途',
    may: '权限',
    used: '最近使用',
    never: '从未使用',
    expires: '到期',
    noEnd: '不过期',
    state: '状态',
    live: '有效',
    revoked: '已吊销',
    over: '已过期',
    revoke: '吊销',
    revokeIt: (name: string) => `吊销 ${name}`,
    ask: (name: string) => `吊销令牌“${name}”？`,
    told: '使用它的程序立即无法访问，且不能恢复。',
    cancel: '取消',
    empty: '没有令牌',
  },
  en: {
    name: 'For',
    may: 'May',
    used: 'Last used',
    never: 'Never used',
    expires: 'Expires',
    noEnd: 'Never',
    state: 'State',
    live: 'In force',
    revoked: 'Revoked',
    over: 'Expired',
    revoke: 'Revoke',
    revokeIt: (name: string) => `Revoke ${name}`,
    ask: (name: string) => `Revoke the token "${name}"?`,
    told: 'Programs that use it are refused from now on. This cannot be undone.',
    cancel: 'Cancel',
    empty: 'No tokens',
  },
})

export const TOKENS = 'tokens'

const listOf = (person: string, own: boolean) =>
  own
    ? data(api.GET('/api/v1/tokens'))
    : data(api.GET('/api/v1/people/{person_id}/tokens', { params: { path: { person_id: person } } }))

async function end(person: string, own: boolean, id: string): Promise<void> {
  if (own) await api.DELETE('/api/v1/tokens/{token_id}', { params: { path: { token_id: id } } })
  else {
    const path = { person_id: person, token_id: id }
    await api.DELETE('/api/v1/people/{person_id}/tokens/{token_id}', { params: { path } })
  }
}

/** Those of `person`, or one's own. */
export function TokenList({ person }: { person: string }) {
  const t = useMessages(messages)
  const own = useMe().person.id === person
  const list = useQuery({ queryKey: [TOKENS, person], queryFn: () => listOf(person, own) })
  const columns = useColumns(person, own)
  if (list.isError) return <ProblemAlert problem={list.error} retry={() => list.refetch()} />
  if (!list.data) return <Skeleton active paragraph={{ rows: 2 }} />
  return (
    <Table
      rowKey="id"
      size="small"
      columns={columns}
      dataSource={list.data.items.toReversed()}
      pagination={{ pageSize: 20, hideOnSinglePage: true, showSizeChanger: false }}
      scroll={{ x: 480 }}
      locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t.empty} /> }}
    />
  )
}

function useColumns(person: string, own: boolean): TableProps<Token>['columns'] {
  const t = useMessages(messages)
  const { format } = useLocale()
  const words = useAccessWords()
  const { modal, message } = App.useApp()
  const can = useCan()
  const client = useQueryClient()
  const revoke = useMutation({
    mutationFn: (id: string) => end(person, own, id),
    onError: (error) => message.error(error.message),
    onSettled: () => client.invalidateQueries({ queryKey: [TOKENS] }),
  })
  const ask = ({ id, name }: Token) =>
    modal.confirm({
      title: t.ask(name),
      content: t.told,
      okText: t.revoke,
      cancelText: t.cancel,
      okButtonProps: { danger: true },
      onOk: () => revoke.mutateAsync(id),
    })
  return [
    { title: t.name, dataIndex: 'name' },
    {
      title: t.may,
      render: (_, { scopes }) => (
        <ul className="token-scopes">
          {scopes.map((word) => (
            <li key={word}>{words(word)}</li>
          ))}
        </ul>
      ),
    },
    { title: t.used, render: (_, { used }) => (used ? format.ago(used) : t.never) },
    { title: t.expires, render: (_, { expires }) => (expires ? format.date(expires) : t.noEnd) },
    {
      title: t.state,
      render: (_, token) => {
        if (token.revoked) return <Tag>{t.revoked}</Tag>
        if (!isLive(token)) return <Tag>{t.over}</Tag>
        if (!own && !can('people.write')) return t.live
        return (
          <Button size="small" danger aria-label={t.revokeIt(token.name)} onClick={() => ask(token)}>
            {t.revoke}
          </Button>
        )
      },
    },
  ]
}
