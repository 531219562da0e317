/** Writing a draft: the editor, what the service remarks, the comparison, and the way to publish. */
import { CheckCircleOutlined } from '@ant-design/icons'
import { Alert, Button, Flex, Popconfirm, Tag, Typography } from 'antd'
import { useState } from 'react'
import { useCan } from '@/app/session'
import { ProblemAlert } from '@/components/problem'
import { useLocale, useMessages } from '@/i18n'
import { useCheck } from './check'
import { Editor } from './editor'
import { messages } from './messages'
import { mended } from './mistakes'

interface Props {
  text: string
  /** The text in force; undefined for a rubric that is not there yet. */
  inForce: string | undefined
  changed: boolean
  behind: boolean
  onText: (text: string) => void
  onDiscard: () => void
  onPublish: () => void
}

export function Edit({ text, inForce, changed, behind, onText, onDiscard, onPublish }: Props) {
  const t = useMessages(messages)
  const { chinese } = useLocale()
  const can = useCan()
  const check = useCheck(text)
  const [comparing, setComparing] = useState(false)
  const diagnostics = check.data?.diagnostics ?? []
  const errors = diagnostics.filter(({ level }) => level === 'error').length
  const formatted = check.data?.formatted
  return (
    <Flex vertical gap={12}>
      {behind && <Alert type="warning" showIcon title={t.conflict} />}
      {check.isError && <ProblemAlert problem={check.error} retry={() => check.refetch()} />}
      <Flex gap={8} wrap align="center">
        <Tag variant="filled" color={changed ? 'processing' : 'default'}>
          {changed ? t.draftChanged : t.draftSame}
        </Tag>
        {check.data && !check.stale && diagnostics.length === 0 && (
          <Tag variant="filled" color="success" icon={<CheckCircleOutlined />} data-testid="sound">
            {t.sound}
          </Tag>
        )}
        {diagnostics.length > 0 && (
          <Tag variant="filled" color={errors > 0 ? 'error' : 'warning'}>
            {t.errors(errors, diagnostics.length - errors)}
          </Tag>
        )}
        <Flex gap={8} wrap style={{ marginInlineStart: 'auto' }}>
          <Button
            disabled={!formatted || check.stale || formatted === text}
            onClick={() => formatted && onText(formatted)}
          >
            {t.format}
          </Button>
          {inForce !== undefined && (
            <Button onClick={() => setComparing(!comparing)}>{comparing ? t.writing : t.compare}</Button>
          )}
          {changed && (
            <Popconfirm title={t.discardHint} okText={t.discard} cancelText={t.cancel} onConfirm={onDiscard}>
              <Button>{t.discard}</Button>
            </Popconfirm>
          )}
          {can('rubrics.write') && (
            <Button
              type="primary"
              disabled={!check.data?.sound || check.stale || (inForce !== undefined && !changed)}
              onClick={onPublish}
            >
              {t.publish}
            </Button>
          )}
        </Flex>
      </Flex>
      <Editor
        label={t.draft}
        text={text}
        onText={onText}
        diagnostics={check.stale ? [] : diagnostics}
        original={comparing ? inForce : undefined}
      />
      {diagnostics.length > 0 && (
        <ul className="rubric-remarks">
          {diagnostics.map((one) => (
            <li key={`${one.line}:${one.column}:${one.message.en}`}>
              <Typography.Text type={one.level === 'error' ? 'danger' : 'warning'}>
                {t.at(one.line, one.column)}
              </Typography.Text>{' '}
              {chinese ? one.message.zh : one.message.en}{' '}
              {one.suggestion && (
                <Button size="small" disabled={check.stale} onClick={() => onText(mended(text, one))}>
                  {t.meant(one.suggestion)}
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
    </Flex>
  )
}
