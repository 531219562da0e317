/** A search becomes the draft of a rubric, which the page of rubrics goes on with. */
import { AuditOutlined, CopyOutlined } from '@ant-design/icons'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { App, Button, Flex, Form, Input, Modal, Typography } from 'antd'
import { useState } from 'react'
import { api, data } from '@/api/client'
import { useCan } from '@/app/session'
import { ProblemAlert } from '@/components/problem'
import { useMessages } from '@/i18n'
import { HANDED_OVER, NEW } from '@/pages/rubrics/draft'
import { messages } from './messages'

interface Props {
  query: string
  filtered: boolean
}

export function MakeRule({ query, filtered }: Props) {
  const t = useMessages(messages)
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button icon={<AuditOutlined />} onClick={() => setOpen(true)} disabled={!query}>
        {t.rule}
      </Button>
      <Modal
        open={open}
        onCancel={() => setOpen(false)}
        title={t.ruleTitle}
        footer={null}
        width={720}
        destroyOnHidden
      >
        <Draft query={query} filtered={filtered} />
      </Modal>
    </>
  )
}

function Draft({ query, filtered }: Props) {
  const t = useMessages(messages)
  const can = useCan()
  const navigate = useNavigate()
  const make = useMutation({
    mutationFn: (id: string) => data(api.POST('/api/v1/search/rule', { body: { id, query } })),
  })
  const goOn = (yaml: string) => {
    sessionStorage.setItem(HANDED_OVER, yaml)
    void navigate({ to: '/rubrics/$rubricId', params: { rubricId: NEW } })
  }
  return (
    <>
      <Typography.Paragraph type="secondary">
        {t.ruleHint} {!can('rubrics.write') && t.ruleGive} {filtered && t.ruleFilters}
      </Typography.Paragraph>
      <Form layout="inline" onFinish={({ id }: { id: string }) => make.mutate(id)} className="rule-form">
        <Form.Item
          name="id"
          label={t.ruleId}
          initialValue="from-search"
          rules={[{ required: true, pattern: /^[a-z][a-z0-9_-]*$/, message: t.ruleIdNeeded }]}
        >
          <Input maxLength={100} spellCheck={false} autoFocus />
        </Form.Item>
        <Button type="primary" htmlType="submit" loading={make.isPending}>
          {t.make}
        </Button>
      </Form>
      {make.isError && <ProblemAlert problem={make.error} />}
      {make.data && (
        <>
          {/* Long lines are scrolled to by keys too. */}
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls */}
          <pre className="draft" tabIndex={0}>
            {make.data.yaml}
          </pre>
          <Flex gap={8}>
            <Copy text={make.data.yaml} />
            {can('rubrics.write') && (
              <Button type="primary" onClick={() => goOn(make.data.yaml)}>
                {t.goOn}
              </Button>
            )}
          </Flex>
        </>
      )}
    </>
  )
}

function Copy({ text }: { text: string }) {
  const t = useMessages(messages)
  const { message } = App.useApp()
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => message.success(t.copied),
      () => message.error(t.copyFailed),
    )
  return (
    <Button icon={<CopyOutlined />} onClick={copy}>
      {t.copy}
    </Button>
  )
}
