/** Changes an account; whoever loses something loses it with their next request. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { App, Button, Form } from 'antd'
import { api, data, Problem, type Schemas } from '@/api/client'
import { useMe } from '@/app/session'
import { ProblemAlert } from '@/components/problem'
import { tidied } from '@/components/scopes'
import { useMessages } from '@/i18n'
import { Fields, type Written } from './fields'
import { messages } from './messages'
import type { Read } from './one'

/** Writes a change to the state that was read; what another wrote meanwhile is loaded. */
export function useChange(read: Read) {
  const t = useMessages(messages)
  const client = useQueryClient()
  const { message } = App.useApp()
  return useMutation({
    mutationFn: (body: Schemas['PersonChange']) =>
      data(
        api.PATCH('/api/v1/people/{person_id}', {
          params: { path: { person_id: read.person.id }, header: { 'If-Match': read.etag } },
          body,
        }),
      ),
    onSuccess: () => message.success(t.saved),
    onError: (error) => {
      if (error instanceof Problem && error.status === 412) message.warning(t.stale)
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['people'] }),
  })
}

/** Only what is otherwise is sent: a scope that was not touched is not narrowed by tidying. */
export function changeOf(person: Schemas['Person'], written: Partial<Written>): Schemas['PersonChange'] {
  const { name, role, scope, subject } = written
  const change: Schemas['PersonChange'] = {}
  if (name !== undefined && name.trim() !== person.name) change.name = name.trim()
  if (role !== undefined && role !== person.role) change.role = role
  if (scope && JSON.stringify(tidied(scope)) !== JSON.stringify(tidied(person.scope))) {
    change.scope = tidied(scope)
  }
  if ((subject ?? '').trim() !== (person.subject ?? '')) change.subject = (subject ?? '').trim()
  return change
}

export function ChangePerson({ read }: { read: Read }) {
  const t = useMessages(messages)
  const me = useMe()
  const change = useChange(read)
  const [form] = Form.useForm<Written>()
  const { name, role, scope, subject } = read.person
  return (
    <Form
      form={form}
      layout="vertical"
      initialValues={{ name, role, scope, subject: subject ?? '' }}
      onFinish={(written) => change.mutate(changeOf(read.person, written))}
    >
      {change.isError && <ProblemAlert problem={change.error} />}
      <Fields isNew={false} own={read.person.id === me.person.id} />
      <Button type="primary" htmlType="submit" loading={change.isPending}>
        {t.save}
      </Button>
    </Form>
  )
}
