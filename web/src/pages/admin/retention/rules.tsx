/** Rules: which calls, after how long, what of them goes. */
import { PlusOutlined } from '@ant-design/icons'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, App, Button, Flex, Space, type TableProps } from 'antd'
import { useState } from 'react'
import { api, data, type Schemas } from '@/api/client'
import { Listing } from '@/components/listing'
import { useLocale, useMessages } from '@/i18n'
import { ConditionsText } from './calls'
import { rowsOf } from './conditions'
import { messages } from './messages'
import { RuleForm } from './rule-form'

export type Rule = Schemas['RetentionRule']

/** What a rule takes, in words. */
export function useGoes(): (goes: string) => string {
  const t = useMessages(messages)
  return (goes) => (goes === 'audio' || goes === 'clear_text' || goes === 'all' ? t[goes] : goes)
}

/** As `If-Match` takes it. */
export const etagOf = (rule: Rule) => `"${rule.rev}"`

export function RulesTab() {
  const t = useMessages(messages)
  const [writing, setWriting] = useState<Rule | 'new'>()
  const rules = useQuery({
    queryKey: ['retention', 'rules'],
    queryFn: () => data(api.GET('/api/v1/retention/rules')),
  })
  const columns = useColumns(setWriting)
  const hour = rules.data?.hour
  return (
    <>
      <Flex justify="space-between" align="center" gap={12} className="retention-head">
        {rules.data ? (
          <Alert type="info" showIcon title={hour == null ? t.byHand : t.byItself(hour)} />
        ) : (
          <span />
        )}
        <Button type="primary" icon={<PlusOutlined />} onClick={() => setWriting('new')}>
          {t.addRule}
        </Button>
      </Flex>
      <Listing list={rules} columns={columns} width={760} empty={t.noRules} />
      <RuleForm rule={writing} onClose={() => setWriting(undefined)} />
    </>
  )
}

function useColumns(edit: (rule: Rule) => void): TableProps<Rule>['columns'] {
  const t = useMessages(messages)
  const { format } = useLocale()
  const goes = useGoes()
  const { modal, message } = App.useApp()
  const client = useQueryClient()
  const end = useMutation({
    mutationFn: (rule: Rule) =>
      api.DELETE('/api/v1/retention/rules/{rule_id}', {
        params: { path: { rule_id: rule.id }, header: { 'If-Match': etagOf(rule) } },
      }),
    onError: (error) => message.error(error.message),
    onSettled: () => client.invalidateQueries({ queryKey: ['retention'] }),
  })
  const ask = (rule: Rule) =>
    modal.confirm({
      title: t.endRuleAsk(rule.name),
      content: t.endRuleTold,
      okText: t.endRule,
      cancelText: t.cancel,
      okButtonProps: { danger: true },
      onOk: () => end.mutateAsync(rule),
    })
  return [
    { title: t.name, dataIndex: 'name' },
    { title: t.calls, render: (_, { of }) => <ConditionsText rows={rowsOf(of)} /> },
    { title: t.after, render: (_, { after_days }) => t.days(format.number(after_days)) },
    { title: t.goes, render: (_, rule) => goes(rule.goes) },
    {
      title: t.actions,
      width: 190,
      render: (_, rule) => (
        <Space>
          <Button size="small" aria-label={`${t.edit}: ${rule.name}`} onClick={() => edit(rule)}>
            {t.edit}
          </Button>
          <Button size="small" danger aria-label={`${t.endRule}: ${rule.name}`} onClick={() => ask(rule)}>
            {t.endRule}
          </Button>
        </Space>
      ),
    },
  ]
}
