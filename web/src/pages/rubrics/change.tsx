/** One difference between two versions, in words. */
import { Flex, Tag, Typography } from 'antd'
import type { Schemas } from '@/api/client'
import { useMessages } from '@/i18n'
import { messages } from './messages'
import { Words } from './read'

type Change = Schemas['RubricChange']
const COLOURS: Record<string, string> = {
  criterion_added: 'success',
  section_added: 'success',
  criterion_removed: 'error',
  section_removed: 'error',
}

export function ChangeShown({ change }: { change: Change }) {
  const t = useMessages(messages)
  const kind = change.change as 'value'
  return (
    <Flex vertical gap={4}>
      <div>
        <Typography.Text code>{change.of}</Typography.Text>
        <Tag variant="filled" color={COLOURS[change.change] ?? 'processing'}>
          {t[kind]}
          {change.name && ` · ${change.name}`}
        </Tag>
        {change.change === 'value' && (
          <>
            <del>{change.before ?? '—'}</del> → <ins>{change.after ?? '—'}</ins>
          </>
        )}
      </div>
      {change.before_condition && (
        <del className="rubric-gone">
          <Words condition={change.before_condition} />
        </del>
      )}
      {change.after_condition && <Words condition={change.after_condition} />}
      {[
        ...(change.removed ?? []).map((phrase) => [phrase, false] as const),
        ...(change.added ?? []).map((phrase) => [phrase, true] as const),
      ].map(([phrase, added]) => (
        <div key={`${added}${phrase}`}>{added ? <ins>+ {phrase}</ins> : <del>− {phrase}</del>}</div>
      ))}
    </Flex>
  )
}
