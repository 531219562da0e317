/** What a rubric said before: its versions with who published them and why, what changed between two, and the way back. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Collapse, Drawer, Empty, Flex, Select, Table, Typography } from 'antd'
import { useState } from 'react'
import { api, data, type Schemas } from '@/api/client'
import { useCan } from '@/app/session'
import { ProblemAlert } from '@/components/problem'
import { useLocale, useMessages } from '@/i18n'
import { PlaceChanged } from './change'
import { sortedChanges } from './changes'
import { messages } from './messages'
import { useNames } from './names'
import { isOurs } from './ours'
import { Outline } from './read'
import { ReasonDialog } from './reason'

type Version = Schemas['RubricVersion']

export function useVersions(id: string) {
  return useInfiniteQuery({
    queryKey: ['rubric', id, 'versions'],
    queryFn: ({ pageParam }) =>
      data(
        api.GET('/api/v1/rubrics/{rubric_id}/versions', {
          params: { path: { rubric_id: id }, query: { limit: 100, cursor: pageParam } },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  })
}

function useVersion(id: string, version: number | null) {
  return useQuery({
    queryKey: ['rubric', id, 'version', version],
    enabled: version !== null,
    queryFn: () =>
      data(
        api.GET('/api/v1/rubrics/{rubric_id}/versions/{version}', {
          params: { path: { rubric_id: id, version: version! } },
        }),
      ),
  })
}

export function Versions({ id, rev }: { id: string; rev: number }) {
  const t = useMessages(messages)
  const { format } = useLocale()
  const can = useCan()
  const versions = useVersions(id)
  const rows = versions.data?.pages.flatMap((page) => page.items) ?? []
  const [restoring, setRestoring] = useState<Version | null>(null)
  const [reading, setReading] = useState<number | null>(null)
  if (versions.isError) return <ProblemAlert problem={versions.error} retry={() => versions.refetch()} />
  return (
    <Flex vertical gap={20}>
      <Table<Version>
        rowKey="version"
        size="small"
        loading={versions.isPending}
        dataSource={rows}
        pagination={{ pageSize: 20, hideOnSinglePage: true }}
        columns={[
          {
            title: t.version,
            width: 170,
            render: (_, row) => (
              <>
                {t.olderVersion(row.version)}
                <div className="rubric-id">{format.dateTime(row.published)}</div>
              </>
            ),
          },
          { title: t.reason, render: (_, row) => (isOurs(row.published_by) ? t.ours : row.reason) },
          { title: t.criteria, dataIndex: 'criteria', align: 'right', width: 84 },
          {
            width: 196,
            render: (_, row) => (
              <Flex gap={4}>
                <Button size="small" type="link" onClick={() => setReading(row.version)}>
                  {t.open}
                </Button>
                {can('rubrics.write') && row !== rows[0] && (
                  <Button size="small" type="link" onClick={() => setRestoring(row)}>
                    {t.restore}
                  </Button>
                )}
              </Flex>
            ),
          },
        ]}
      />
      {rows.length > 1 && <Compare id={id} versions={rows.map(({ version }) => version)} />}
      <Restore id={id} rev={rev} version={restoring} onDone={() => setRestoring(null)} />
      <Old id={id} version={reading} onClose={() => setReading(null)} />
    </Flex>
  )
}

function Compare({ id, versions }: { id: string; versions: number[] }) {
  const t = useMessages(messages)
  const [from, setFrom] = useState(versions[1]!)
  const [to, setTo] = useState(versions[0]!)
  const diff = useQuery({
    queryKey: ['rubric', id, 'diff', from, to],
    queryFn: () =>
      data(
        api.GET('/api/v1/rubrics/{rubric_id}/diff', {
          params: { path: { rubric_id: id }, query: { from, to } },
        }),
      ),
  })
  const older = useVersion(id, from)
  const newer = useVersion(id, to)
  const nameOf = useNames([newer.data?.outline, older.data?.outline])
  const options = versions.map((version) => ({ value: version, label: t.olderVersion(version) }))
  const { places, shares } = sortedChanges(diff.data?.changes ?? [])
  return (
    <Flex vertical gap={12}>
      <Flex gap={8} align="center" wrap>
        <Typography.Title level={2} className="rubric-section rubric-compare">
          {t.compareVersions}
        </Typography.Title>
        <Select
          aria-label={t.from}
          value={from}
          onChange={setFrom}
          options={options}
          style={{ minWidth: 120 }}
        />{' '}
        →
        <Select aria-label={t.to} value={to} onChange={setTo} options={options} style={{ minWidth: 120 }} />
      </Flex>
      {diff.isError && <ProblemAlert problem={diff.error} />}
      {diff.data && places.length + shares.length === 0 && <Empty description={t.noChanges} />}
      {places.map((place) => (
        <PlaceChanged key={place.of} {...place} nameOf={nameOf} />
      ))}
      {shares.length > 0 && (
        <Collapse
          size="small"
          items={[
            {
              key: 'shares',
              label: t.sharesMoved(shares.length),
              children: shares.map(({ of, before, after }) => (
                <Flex key={of} gap={8} justify="space-between" className="rubric-share">
                  <span>{nameOf(of)}</span>
                  <span>
                    {before} → {after}
                  </span>
                </Flex>
              )),
            },
          ]}
        />
      )}
    </Flex>
  )
}

function Restore({
  id,
  rev,
  version,
  onDone,
}: {
  id: string
  rev: number
  version: Version | null
  onDone: () => void
}) {
  const t = useMessages(messages)
  const { format } = useLocale()
  const client = useQueryClient()
  const restore = useMutation({
    mutationFn: (reason: string) =>
      data(
        api.POST('/api/v1/rubrics/{rubric_id}/versions/{version}/restore', {
          params: { path: { rubric_id: id, version: version!.version }, header: { 'If-Match': `"${rev}"` } },
          body: { reason },
        }),
      ),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['rubric', id] })
      onDone()
    },
  })
  return (
    <ReasonDialog
      open={version !== null}
      title={format.named(t.restore, version ? t.olderVersion(version.version) : '')}
      hint={t.restoreHint}
      action={t.publish}
      pending={restore.isPending}
      problem={restore.error}
      onCancel={onDone}
      onReason={restore.mutate}
    />
  )
}

function Old({ id, version, onClose }: { id: string; version: number | null; onClose: () => void }) {
  const t = useMessages(messages)
  const old = useVersion(id, version)
  return (
    <Drawer
      open={version !== null}
      onClose={onClose}
      size="large"
      title={version === null ? '' : t.olderVersion(version)}
    >
      {old.isError && <ProblemAlert problem={old.error} />}
      {old.data && (
        <>
          <Typography.Paragraph type="secondary">
            {isOurs(old.data.published_by) ? t.ours : old.data.reason}
          </Typography.Paragraph>
          <Outline outline={old.data.outline} />
        </>
      )}
    </Drawer>
  )
}
