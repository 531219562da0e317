/** Runs a draft against short dialogues with the findings that are expected. */
import { useMutation } from '@tanstack/react-query'
import { Alert, Button, Checkbox, Collapse, Flex, Input, Progress, Table, Tag, Typography } from 'antd'
import { useState } from 'react'
import { api, data, type Schemas } from '@/api/client'
import { lookedFor } from '@/components/looked-for'
import { ProblemAlert } from '@/components/problem'
import { useWords } from '@/components/verdict'
import { useLocale, useMessages } from '@/i18n'
import { useCheck } from './check'
import { messages } from './messages'
import { gathered, ranges } from './mistakes'
import { type NameOf, useNames } from './names'

type Result = Schemas['DialogueResult']

export function Dialogues({ text }: { text: string }) {
  const t = useMessages(messages)
  const nameOf = useNames([useCheck(text).data?.outline])
  const [more, setMore] = useState('')
  const [onlyFailed, setOnlyFailed] = useState(true)
  const run = useMutation({
    mutationFn: () =>
      data(api.POST('/api/v1/rubrics/test', { body: { text, dialogues: more.trim() || null } })),
  })
  const inText = run.data?.diagnostics ?? []
  const inDialogues = run.data?.dialogue_diagnostics ?? []
  const mistaken = inText.length + inDialogues.length > 0
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
              aria-label={t.dialoguesPassed(passed, run.data.dialogues)}
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
      {inText.length > 0 && <Mistakes title={t.mistakesInText} diagnostics={inText} />}
      {inDialogues.length > 0 && <Mistakes title={t.mistakesInDialogues} diagnostics={inDialogues} />}
      {run.data && !mistaken && run.data.dialogues === 0 && (
        <Alert type="info" showIcon title={t.noDialogues} />
      )}
      {rows.length > 0 && <Results rows={rows} nameOf={nameOf} />}
    </Flex>
  )
}

/** Why they were not run, or not as they were meant. */
function Mistakes({ title, diagnostics }: { title: string; diagnostics: Schemas['RubricDiagnostic'][] }) {
  const t = useMessages(messages)
  const { chinese, format } = useLocale()
  const isError = diagnostics.some(({ level }) => level === 'error')
  return (
    <Alert
      type={isError ? 'error' : 'warning'}
      showIcon
      title={title}
      description={
        <ul className="rubric-mistakes">
          {gathered(diagnostics).map(({ level, message, lines }) => (
            <li key={level + message.en}>
              {format.named(t.inLines(ranges(lines)), chinese ? message.zh : message.en)}
            </li>
          ))}
        </ul>
      }
    />
  )
}

function Results({ rows, nameOf }: { rows: Result[]; nameOf: NameOf }) {
  const t = useMessages(messages)
  const words = useWords()
  const { format } = useLocale()
  const wholes: Record<string, string> = { verdict: t.verdictOfCall, score: t.scoreOfCall }
  const froms = { text: t.fromText, dialogues: t.fromHere, 'built-in': t.ours }
  return (
    <Table<Result>
      rowKey={(row) => `${row.from}:${row.line}:${row.name}`}
      dataSource={rows}
      pagination={{ pageSize: 50, hideOnSinglePage: true }}
      columns={[
        {
          title: t.dialogue,
          width: '40%',
          render: (_, row) => (
            <>
              <Tag variant="filled" color={row.passed ? 'success' : 'error'}>
                {row.passed ? '✓' : '✗'}
              </Tag>{' '}
              {row.name}
              <div className="rubric-id">
                {row.from in froms ? froms[row.from as 'text'] : row.from} · {t.inLines(`${row.line}`)}
              </div>
            </>
          ),
        },
        {
          title: `${t.expected} → ${t.got}`,
          render: (_, row) =>
            row.mismatches.map((one) => (
              <div key={`${one.of}:${one.line}`}>
                <b title={one.of}>{wholes[one.of] ?? nameOf(one.of)}</b> {words(one.want)} →{' '}
                <Typography.Text type="danger">{words(one.got)}</Typography.Text>
                <ul className="rubric-evidence">
                  {one.evidence.map((evidence) => (
                    <li key={`${evidence.line}:${evidence.quote}:${evidence.matched}`}>
                      {evidence.line != null && `${t.inLines(`${evidence.line}`)} `}
                      {evidence.quote ? (
                        <>
                          <q>{evidence.quote}</q> ≈ {evidence.matched}
                        </>
                      ) : (
                        format.named(
                          t.lookedFor,
                          lookedFor(evidence.matched, one.of, nameOf(one.of), format.named),
                        )
                      )}
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
