/** All rubrics: which are in force, in which version, who changed them last and why. */
import { PlusOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { Button, Table, Tag, Typography } from 'antd'
import { api, data, type Schemas } from '@/api/client'
import { useCan } from '@/app/session'
import { Needs } from '@/components/needs'
import { PageHead } from '@/components/page'
import { ProblemPage } from '@/components/problem'
import { useLocale, useMessages } from '@/i18n'
import { NEW } from './draft'
import { messages } from './messages'
import { isOurs } from './ours'

type Row = Schemas['Rubric']

export function RubricsPage() {
  return (
    <Needs action="rubrics.read">
      <Rubrics />
    </Needs>
  )
}

function Rubrics() {
  const t = useMessages(messages)
  const { chinese, format } = useLocale()
  const can = useCan()
  const navigate = useNavigate()
  const rubrics = useQuery({ queryKey: ['rubrics'], queryFn: () => data(api.GET('/api/v1/rubrics')) })
  if (rubrics.isError) return <ProblemPage problem={rubrics.error} retry={() => rubrics.refetch()} />
  const add = (
    <Button
      type="primary"
      icon={<PlusOutlined />}
      onClick={() =>
        navigate({ to: '/rubrics/$rubricId', params: { rubricId: NEW }, search: { tab: 'edit' } })
      }
    >
      {t.add}
    </Button>
  )
  return (
    <>
      <PageHead title={t.title} hint={t.hint} extra={can('rubrics.write') && add} />
      <Table<Row>
        rowKey="id"
        loading={rubrics.isPending}
        dataSource={rubrics.data}
        size="middle"
        pagination={false}
        columns={[
          {
            title: t.name,
            render: (_, row) => (
              <>
                <Link to="/rubrics/$rubricId" params={{ rubricId: row.id }}>
                  {chinese ? row.title.zh : row.title.en}
                </Link>
                <br />
                <Typography.Text type="secondary" className="rubric-id">
                  {row.id}
                </Typography.Text>
              </>
            ),
          },
          {
            title: t.state,
            render: (_, row) => (
              <Tag color={row.active ? 'success' : 'default'} variant="filled">
                {row.active ? t.active : t.withdrawn}
              </Tag>
            ),
          },
          { title: t.version, dataIndex: 'version', align: 'right' },
          { title: t.criteria, dataIndex: 'criteria', align: 'right' },
          {
            title: t.changed,
            render: (_, row) => <span title={format.dateTime(row.changed)}>{format.ago(row.changed)}</span>,
          },
          { title: t.reason, render: (_, row) => (isOurs(row.changed_by) ? t.ours : row.reason) },
        ]}
      />
    </>
  )
}
