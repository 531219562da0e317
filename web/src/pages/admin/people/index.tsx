/** Accounts: a list; the one that is open, or being made, stands in the address. */
import { UserAddOutlined } from '@ant-design/icons'
import { Button, type TableProps, Tag } from 'antd'
import { api, data, type Schemas } from '@/api/client'
import { useCan, useMe } from '@/app/session'
import { useAccessWords } from '@/components/access-words'
import { useAddress } from '@/components/address'
import { Listing, useListing } from '@/components/listing'
import { Needs } from '@/components/needs'
import { PageHead } from '@/components/page'
import { ScopeText } from '@/components/scope-text'
import { useLocale, useMessages } from '@/i18n'
import { AddPerson } from './add'
import { messages } from './messages'
import { PersonDrawer } from './one'

type Person = Schemas['Person']

export function PeoplePage() {
  return (
    <Needs action="people.read">
      <People />
    </Needs>
  )
}

function People() {
  const t = useMessages(messages)
  const can = useCan()
  const [address, go] = useAddress()
  const { list, pages } = useListing(['people', 'list'], (cursor) =>
    data(api.GET('/api/v1/people', { params: { query: { cursor } } })),
  )
  const columns = useColumns()
  return (
    <>
      <PageHead
        title={t.title}
        hint={t.hint}
        extra={
          can('people.write') && (
            <Button type="primary" icon={<UserAddOutlined />} onClick={() => go({ add: 'yes' }, true)}>
              {t.add}
            </Button>
          )
        }
      />
      <Listing list={list} pages={pages} columns={columns} width={700} empty={t.empty} />
      <AddPerson open={address.add === 'yes' && can('people.write')} onClose={() => go({ add: undefined })} />
      <PersonDrawer id={address.person} onClose={() => go({ person: undefined })} />
    </>
  )
}

function useColumns(): TableProps<Person>['columns'] {
  const t = useMessages(messages)
  const { format } = useLocale()
  const words = useAccessWords()
  const me = useMe()
  const [, go] = useAddress()
  return [
    {
      title: t.name,
      render: (_, person) => (
        <>
          <Button
            type="link"
            style={{ padding: 0, height: 'auto' }}
            onClick={() => go({ person: person.id }, true)}
          >
            {person.name}
          </Button>{' '}
          {person.id === me.person.id && <Tag>{t.you}</Tag>}
        </>
      ),
    },
    { title: t.login, dataIndex: 'login' },
    { title: t.role, render: (_, { role }) => words(role) },
    { title: t.scope, render: (_, { scope }) => <ScopeText scope={scope} /> },
    {
      title: t.state,
      render: (_, { disabled }) =>
        disabled ? <Tag title={t.since(format.dateTime(disabled))}>{t.disabled}</Tag> : t.active,
    },
    { title: t.created, width: 120, render: (_, { created }) => format.date(created) },
  ]
}
