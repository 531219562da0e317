/** One rubric: read it, write a draft, test and backtest that, publish it with a reason, look at its history. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { App, Button, Flex, Skeleton, Tabs, Tag } from 'antd'
import { useState } from 'react'
import { api, data } from '@/api/client'
import { useCan } from '@/app/session'
import { Needs } from '@/components/needs'
import { PageHead } from '@/components/page'
import { ProblemPage } from '@/components/problem'
import { useLocale, useMessages } from '@/i18n'
import { Backtest } from './backtest'
import { Dialogues } from './dialogues'
import { NEW, useDraft } from './draft'
import { Edit } from './edit'
import { messages } from './messages'
import { Outline } from './read'
import { ReasonDialog } from './reason'
import { useVersions, Versions } from './versions'

export function RubricPage() {
  const { rubricId } = useParams({ from: '/rubrics/$rubricId' })
  // Another rubric is another draft: nothing of the one before is kept in its state.
  return (
    <Needs action={rubricId === NEW ? 'rubrics.write' : 'rubrics.read'}>
      <One key={rubricId} id={rubricId} />
    </Needs>
  )
}

function useRubric(id: string) {
  return useQuery({
    queryKey: ['rubric', id, 'one'],
    enabled: id !== NEW,
    queryFn: () => data(api.GET('/api/v1/rubrics/{rubric_id}', { params: { path: { rubric_id: id } } })),
  })
}

function One({ id }: { id: string }) {
  const t = useMessages(messages)
  const { chinese } = useLocale()
  const can = useCan()
  const navigate = useNavigate()
  const { tab } = useSearch({ from: '/rubrics/$rubricId' })
  const rubric = useRubric(id)
  const versions = useVersions(id)
  const { draft, changed, behind, write, discard } = useDraft(
    id,
    rubric.data && { text: rubric.data.text, base: rubric.data.rev },
  )
  const [asking, setAsking] = useState<'publish' | 'activity' | null>(null)
  if (rubric.isError) return <ProblemPage problem={rubric.error} retry={() => rubric.refetch()} />
  if (!draft) return <Skeleton active />
  const is = rubric.data
  const title = is ? (chinese ? is.title.zh : is.title.en) : t.add
  const older = (versions.data?.pages.flatMap((page) => page.items) ?? [])
    .map(({ version }) => version)
    .slice(1)
  const tabs = [
    is && { key: 'read', label: t.read, children: <Outline outline={is.outline} /> },
    {
      key: 'edit',
      label: changed ? `${t.edit} •` : t.edit,
      children: (
        <Edit
          text={draft.text}
          inForce={is?.text}
          changed={changed || !is}
          behind={behind}
          onText={write}
          onDiscard={discard}
          onPublish={() => setAsking('publish')}
        />
      ),
    },
    { key: 'dialogues', label: t.dialogues, children: <Dialogues text={draft.text} /> },
    is && {
      key: 'backtest',
      label: t.backtest,
      children: (
        <Backtest id={id} text={draft.text} changed={changed} inForce={is.outline} versions={older} />
      ),
    },
    is && { key: 'versions', label: t.versions, children: <Versions id={id} rev={is.rev} /> },
  ].filter((one) => one !== undefined)
  return (
    <>
      <PageHead
        title={title}
        hint={
          is && (
            <Flex component="span" gap={8} align="center">
              <Tag color={is.active ? 'success' : 'default'} variant="filled">
                {is.active ? t.active : t.withdrawn}
              </Tag>
              {t.olderVersion(is.version)} · {is.id}
            </Flex>
          )
        }
        extra={
          is &&
          can('rubrics.write') && (
            <Button danger={is.active} onClick={() => setAsking('activity')}>
              {is.active ? t.withdraw : t.bringBack}
            </Button>
          )
        }
      />
      <Tabs
        activeKey={tab ?? (is ? 'read' : 'edit')}
        onChange={(tab) =>
          navigate({ to: '/rubrics/$rubricId', params: { rubricId: id }, search: { tab }, replace: true })
        }
        items={tabs}
        destroyOnHidden={false}
      />
      <Publish
        open={asking === 'publish'}
        id={id}
        text={draft.text}
        base={draft.base}
        next={(is?.version ?? 0) + 1}
        onDone={(published) => {
          setAsking(null)
          if (published) discard()
        }}
      />
      {is && (
        <Activity
          open={asking === 'activity'}
          id={id}
          rev={is.rev}
          name={title}
          active={is.active}
          onDone={() => setAsking(null)}
        />
      )}
    </>
  )
}

interface PublishProps {
  open: boolean
  id: string
  text: string
  base: number
  next: number
  onDone: (published: boolean) => void
}

function Publish({ open, id, text, base, next, onDone }: PublishProps) {
  const t = useMessages(messages)
  const { message } = App.useApp()
  const client = useQueryClient()
  const navigate = useNavigate()
  const publish = useMutation({
    mutationFn: (reason: string) =>
      id === NEW
        ? data(api.POST('/api/v1/rubrics', { body: { text, reason } }))
        : data(
            api.POST('/api/v1/rubrics/{rubric_id}/versions', {
              params: { path: { rubric_id: id }, header: { 'If-Match': `"${base}"` } },
              body: { text, reason },
            }),
          ),
    onSuccess: async (rubric) => {
      message.success(t.published)
      await client.invalidateQueries({ queryKey: ['rubric', id] })
      await client.invalidateQueries({ queryKey: ['rubrics'] })
      onDone(true)
      if (id === NEW) navigate({ to: '/rubrics/$rubricId', params: { rubricId: rubric.id }, search: {} })
    },
  })
  return (
    <ReasonDialog
      open={open}
      title={t.publishTitle(next)}
      hint={t.publishHint}
      action={t.publish}
      pending={publish.isPending}
      problem={publish.error}
      onCancel={() => onDone(false)}
      onReason={publish.mutate}
    />
  )
}

function Activity({
  open,
  id,
  rev,
  name,
  active,
  onDone,
}: {
  open: boolean
  id: string
  rev: number
  name: string
  active: boolean
  onDone: () => void
}) {
  const t = useMessages(messages)
  const { format } = useLocale()
  const client = useQueryClient()
  const change = useMutation({
    mutationFn: (reason: string) =>
      data(
        api.PUT('/api/v1/rubrics/{rubric_id}/active', {
          params: { path: { rubric_id: id }, header: { 'If-Match': `"${rev}"` } },
          body: { active: !active, reason },
        }),
      ),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['rubric', id] })
      await client.invalidateQueries({ queryKey: ['rubrics'] })
      onDone()
    },
  })
  return (
    <ReasonDialog
      open={open}
      title={format.named(active ? t.withdraw : t.bringBack, name)}
      hint={active ? t.withdrawHint : t.publishHint}
      action={active ? t.withdraw : t.bringBack}
      danger={active}
      pending={change.isPending}
      problem={change.error}
      onCancel={onDone}
      onReason={change.mutate}
    />
  )
}
