/** One account: what it may do, its log-in, its tokens. */
import { useQuery } from '@tanstack/react-query'
import { Descriptions, Drawer, Flex, Skeleton, Typography } from 'antd'
import { api, type Schemas } from '@/api/client'
import { useCan } from '@/app/session'
import { useAccessWords } from '@/components/access-words'
import { ProblemAlert } from '@/components/problem'
import { ScopeText } from '@/components/scope-text'
import { TokenList } from '@/components/tokens'
import { useLocale, useMessages } from '@/i18n'
import { AccessActions } from './access'
import { ChangePerson } from './change'
import { messages } from './messages'

/** An account, and which state of it was read. */
export interface Read {
  person: Schemas['Person']
  etag: string
}

export function personQuery(id: string) {
  return {
    queryKey: ['people', 'one', id],
    queryFn: async (): Promise<Read> => {
      const { data, response } = await api.GET('/api/v1/people/{person_id}', {
        params: { path: { person_id: id } },
      })
      return { person: data!, etag: response.headers.get('ETag') ?? '' }
    },
    staleTime: 0,
  }
}

export function PersonDrawer({ id, onClose }: { id: string | undefined; onClose: () => void }) {
  const read = useQuery({ ...personQuery(id ?? ''), enabled: Boolean(id) })
  return (
    <Drawer open={Boolean(id)} onClose={onClose} size={600} title={read.data?.person.name} destroyOnHidden>
      {read.isError && <ProblemAlert problem={read.error} retry={() => read.refetch()} />}
      {id && read.isPending && <Skeleton active />}
      {read.data && <One read={read.data} />}
    </Drawer>
  )
}

function One({ read }: { read: Read }) {
  const t = useMessages(messages)
  const can = useCan()
  const { person } = read
  const mayWrite = can('people.write')
  return (
    <Flex vertical gap={24}>
      <section>
        <Facts person={person} full={!mayWrite} />
        {mayWrite && <ChangePerson key={read.etag} read={read} />}
      </section>
      {mayWrite && (
        <section>
          <Typography.Title level={2} className="drawer-part">
            {t.access}
          </Typography.Title>
          <AccessActions read={read} />
        </section>
      )}
      <section>
        <Typography.Title level={2} className="drawer-part">
          {t.tokens}
        </Typography.Title>
        <TokenList person={person.id} />
      </section>
    </Flex>
  )
}

/** What cannot be written; all of it for those who only read. */
function Facts({ person, full }: { person: Schemas['Person']; full: boolean }) {
  const t = useMessages(messages)
  const { format } = useLocale()
  const words = useAccessWords()
  const { login, role, scope, subject, created, disabled } = person
  return (
    <Descriptions
      column={1}
      size="small"
      className="drawer-facts"
      items={[
        { label: t.login, children: login },
        ...(full
          ? [
              { label: t.role, children: words(role) },
              { label: t.scope, children: <ScopeText scope={scope} /> },
              ...(subject ? [{ label: t.subject, children: subject }] : []),
            ]
          : []),
        { label: t.state, children: disabled ? t.since(format.dateTime(disabled)) : t.active },
        { label: t.created, children: format.dateTime(created) },
      ]}
    />
  )
}
