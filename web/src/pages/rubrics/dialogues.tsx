/** Runs a draft against short dialogues with the findings that are expected. */
import { useMutation } from '@tanstack/react-query'
import { Alert, Button, Checkbox, Collapse, Flex, Input, Progress, Table, Tag, Typography } from 'antd'
import { useState } from 'react'
import { api, data, type Schemas } from '@/api/client'
import { ProblemAlert } from '@/components/problem'
import { useWords } from '@/components/verdict'
import { useLocale, useMessages } from '@/i18n'
import { messages } from './messages'

type Result = Schemas['DialogueResult']

export function Dialogues({ text }: { text: string }) {
  const t = useMessages(messages)
  const { chinese, format } = useLocale()
  const [more, setMore] = useState('')
  const [onlyFailed, setOnlyFailed] = useState(true)
  const run = useMutation({
    mutationFn: () =>
      data(api.POST('/api/v1/rubrics/test', { body: { text, dialogues: more.trim() || null } })),
  })
  const mistakes = [...(run.data?.diagnostics ?? []), ...(run.data?.dialogue_diagnostics ?? [])]
  const passed = run.data ? run.data.dialogues - run.data.failed : 0
  const rows = run.data?.results.filter((result) => !onlyFailed || !result.passed) ?? []
  return (
    <Flex vertical gap={12}>
      <Typography.Text type="secondary">{t.dialoguesHint}</Typography.Text>
      <Collapse
        items={[
          {
            key: 'more',
            label: t.moreDialogues,
            children: (
              <Input.TextArea
                aria-label={t.moreDialogues}
                placeholder={t.moreDialoguesHint}
                autoSize={{ minRows: 6, maxRows: 20 }}
                value={more}
                onChange={(event) => setMore(event.target.value)}
              />
            ),
          },
        ]}
      />
      <Flex gap={12} align="center" wrap>
        <Button type="primary" loading={run.isPending} onClick={() => run.mutate()}>
          {t.runDialogues}
        </Button>
        {run.data && run.data.dialogues > 0 && (
          <>
            <Progress
              percent={Math.floor((100 * passed) / run.data.dialogues)}
              status={run.data.failed > 0 ? 'exception' : 'success'}
              style={{ width: 180 }}
            />
            <Typography.Text>{t.dialoguesPassed(passed, run.data.dialogues)}</Typography.Text>
            <Checkbox checked={onlyFailed} onChange={(event) => setOnlyFailed(event.target.checked)}>
              {t.onlyFailed}
            </Checkbox>
          </>
        )}
      </Flex>
      {run.isError && <ProblemAlert problem={run.error} />}
      {mistakes.map((one) => (
        <Alert
          key={`${one.line}:${one.column}:${one.message.en}`}
          type={one.level === 'error' ? 'error' : 'warning'}
          showIcon
          title={format.named(t.at(one.line, one.column), chinese ? one.message.zh : one.message.en)}
        />
      ))}
      {run.data && mistakes.length === 0 && run.data.dialogues === 0 && (
        <Alert type="info" showIcon title={t.noDialogues} />
      )}
      {rows.length > 0 && <Results rows={rows} />}
    </Flex>
  )
}

function Results({ rows }: { rows: Result[] }) {
  const t = useMessages(messages)
  const words = useWords()
  return (
    <Table<Result>
      rowKey={(row) => `${row.from}:${row.line}:${row.name}`}
      dataSource={rows}
      pagination={{ pageSize: 50, hideOnSinglePage: true }}
      columns={[
        {
          title: t.dialogues,
          width: '40%',
          render: (_, row) => (
            <>
              <Tag variant="filled" color={row.passed ? 'success' : 'error'}>
                {row.passed ? '✓' : '✗'}
              </Tag>
              {row.name}{' '}
              <Typography.Text type="secondary">
                {row.from} · {t.line} {row.line}
              </Typography.Text>
            </>
          ),
        },
        {
          title: `${t.expected} / ${t.got}`,
          render: (_, row) =>
            row.mismatches.map((one) => (
              <div key={`${one.of}:${one.line}`}>
                <Typography.Text code>{one.of}</Typography.Text> {words(one.want)} →{' '}
                <Typography.Text type="danger">{words(one.got)}</Typography.Text>
                <ul className="rubric-evidence">
                  {one.evidence.map((evidence) => (
                    <li key={`${evidence.line}:${evidence.quote}`}>
                      {evidence.line != null && `${t.line} ${evidence.line}: `}“{evidence.quote}” ≈{' '}
                      {evidence.matched}
                    </li>
                  ))}
                </ul>
              </div>
            )),
        },
      ]}
    />
  )
}
