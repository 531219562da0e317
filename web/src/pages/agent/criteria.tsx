/** Each criterion: the agent's share as a bar, the team's as a line across it. */
import { Link } from '@tanstack/react-router'
import { Card, Table, Typography } from 'antd'
import type { Schemas } from '@/api/client'
import { CriterionTitle } from '@/components/criterion-title'
import { useLocale, useMessages } from '@/i18n'
import type { Asked } from '@/pages/dashboards/use-figures'
import { messages } from './messages'

type Criterion = Schemas['AgentCriterion']

export function Criteria({ criteria, asked }: { criteria: Criterion[]; asked: Asked }) {
  const t = useMessages(messages)
  const { format } = useLocale()
  const share = (value: number | null | undefined) => (value == null ? '—' : format.percent(value))
  return (
    <Card title={<h2>{t.criteria}</h2>} className="plain-card">
      <p className="card-hint">{t.criteriaHint}</p>
      <Table
        size="small"
        dataSource={criteria}
        rowKey={({ rubric, criterion }) => `${rubric} ${criterion}`}
        pagination={false}
        scroll={{ x: 'max-content' }}
        columns={[
          {
            title: t.criterion,
            render: (_, { rubric, criterion, title }) => (
              <>
                <Link to="/inbox" search={{ ...asked, rubric, criterion, finding: 'not_met', show: 'all' }}>
                  <CriterionTitle rubric={rubric} criterion={criterion} title={title ?? criterion} />
                </Link>
                <Typography.Text type="secondary" className="agent-rubric">
                  {rubric}
                </Typography.Text>
              </>
            ),
          },
          { title: `${t.mine} / ${t.team}`, width: 220, render: (_, one) => <Bar one={one} /> },
          {
            title: t.mine,
            align: 'end',
            render: (_, { own }) => <b>{share(own.compliance.share)}</b>,
          },
          {
            title: t.team,
            align: 'end',
            render: (_, { team }) => (team ? share(team.compliance.share) : '—'),
          },
          { title: t.judged, align: 'end', render: (_, { own }) => format.number(own.compliance.of) },
        ]}
      />
    </Card>
  )
}

function Bar({ one: { own, team } }: { one: Criterion }) {
  const t = useMessages(messages)
  const { format } = useLocale()
  const { share, low, high } = own.compliance
  const teams = team?.compliance.share
  if (share == null) return <span aria-hidden>—</span>
  const percent = (value: number) => `${value * 100}%`
  const told =
    teams == null ? t.barOwn(format.percent(share)) : t.bar(format.percent(share), format.percent(teams))
  return (
    <div
      className="versus"
      role="img"
      aria-label={told}
      title={t.interval(format.percent(low), format.percent(high))}
    >
      <span className="versus-own" style={{ width: percent(share) }} />
      {teams != null && <span className="versus-team" style={{ left: percent(teams) }} />}
    </div>
  )
}
