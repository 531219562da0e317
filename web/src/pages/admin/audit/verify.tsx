/** Asks the service whether the log is as it was written; against a last row that was kept, if one is given. */
import { SafetyCertificateOutlined } from '@ant-design/icons'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Card, Collapse, Form, Input, InputNumber, Typography } from 'antd'
import { api, data, type Schemas } from '@/api/client'
import { ProblemAlert } from '@/components/problem'
import { useLocale, useMessages } from '@/i18n'
import { messages } from './messages'

interface Kept {
  seq?: number | null
  hash?: string
}

/** The service tells no more than so many. */
const FLAWS_MAX = 20

export function Verify() {
  const t = useMessages(messages)
  const client = useQueryClient()
  const verify = useMutation({
    mutationFn: ({ seq, hash }: Kept) => {
      const query = seq && hash?.trim() ? { seq, hash: hash.trim() } : {}
      return data(api.GET('/api/v1/audit/verify', { params: { query } }))
    },
    // That it was verified is a row of the log itself.
    onSettled: () => client.invalidateQueries({ queryKey: ['audit'] }),
  })
  return (
    <Card size="small" className="audit-verify">
      <Form layout="inline" onFinish={verify.mutate}>
        <Button
          type="primary"
          htmlType="submit"
          icon={<SafetyCertificateOutlined />}
          loading={verify.isPending}
        >
          {t.verify}
        </Button>
        <Collapse
          ghost
          size="small"
          items={[{ key: 'kept', label: t.against, children: <KeptFields />, forceRender: true }]}
        />
      </Form>
      <div aria-live="polite">
        {verify.isError && <ProblemAlert problem={verify.error} />}
        {verify.data && <Found found={verify.data} />}
      </div>
    </Card>
  )
}

function KeptFields() {
  const t = useMessages(messages)
  return (
    <div className="audit-kept">
      <Form.Item name="seq" label={t.seq}>
        <InputNumber min={1} precision={0} />
      </Form.Item>
      <Form.Item name="hash" label={t.hash}>
        <Input maxLength={64} className="audit-hash" />
      </Form.Item>
    </div>
  )
}

function Found({ found }: { found: Schemas['AuditVerified'] }) {
  const t = useMessages(messages)
  const { format } = useLocale()
  const { whole, rows, head, flaws } = found
  if (!whole) {
    return (
      <Alert
        type="error"
        showIcon
        title={flaws.length < FLAWS_MAX ? t.broken(flaws.length) : t.brokenMany}
        description={
          <ul className="row-list">
            {flaws.map(({ what, from, to }) => (
              <li key={`${what}${from}`}>{flawText(t, what, from, to)}</li>
            ))}
          </ul>
        }
      />
    )
  }
  return (
    <Alert
      type="success"
      showIcon
      title={t.whole(format.number(rows))}
      description={
        <>
          <Typography.Paragraph className="audit-head" copyable={{ text: `${head.seq} ${head.hash}` }}>
            {t.headIs(head.seq, head.hash)}
          </Typography.Paragraph>
          {t.headHint}
        </>
      }
    />
  )
}

const FLAWS = ['changed', 'missing', 'misplaced', 'not_the_head'] as const

function flawText(t: (typeof messages)['zh'], what: string, from: number, to: number): string {
  const known = FLAWS.find((flaw) => flaw === what)
  return known ? t[known](from, to) : `${what}: ${from}–${to}`
}
