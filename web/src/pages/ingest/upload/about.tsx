/** Whose calls the chosen files are: what the person knows of all of them. */
import { Flex, Form, Typography } from 'antd'
import { useMe } from '@/app/session'
import { UnitInput } from '@/components/unit-input'
import { useUnitWords } from '@/components/units'
import { useMessages } from '@/i18n'
import { SAID, type Said } from './facts'
import { uploadMessages } from './messages'

/** What is known already: somebody with one grant sends calls of that grant. */
export function useSaidFirst(): Said {
  const { scope } = useMe().person
  const [only, ...others] = scope.grants ?? []
  if (scope.all || !only || others.length > 0) return {}
  return Object.fromEntries(Object.entries(only).filter(([, value]) => value)) as Said
}

export function About({ value, onChange }: { value: Said; onChange: (said: Said) => void }) {
  const t = useMessages(uploadMessages)
  const words = useUnitWords()
  const all = useMe().person.scope.all
  return (
    <fieldset className="upload-about">
      <legend>{t.about}</legend>
      <Typography.Paragraph type="secondary">{all ? t.aboutHint : t.aboutNeeded}</Typography.Paragraph>
      <Flex gap={12} wrap>
        {SAID.map((kind) => (
          <Form.Item key={kind} label={words[kind]} layout="vertical" htmlFor={`said-${kind}`}>
            <UnitInput
              id={`said-${kind}`}
              kind={kind}
              value={value[kind] ?? ''}
              onChange={(text) => onChange({ ...value, [kind]: text })}
            />
          </Form.Item>
        ))}
      </Flex>
    </fieldset>
  )
}
