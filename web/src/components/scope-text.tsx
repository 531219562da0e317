/** A scope in words: each grant a tag that names what it covers. */
import { Flex, Tag } from 'antd'
import { defineMessages, useMessages } from '@/i18n'
import './scope.css'
import { type Grant, named, type Scope } from './scopes'
import { UnitName, useUnitWords } from './units'

const messages = defineMessages({
  zh: { all: '全部通话', more: (n: number) => `另有 ${n} 条` },
  en: { all: 'All calls', more: (n: number) => `${n} more` },
})

const SHOWN_MAX = 4

export function ScopeText({ scope }: { scope: Scope }) {
  const t = useMessages(messages)
  if (scope.all) return <Tag>{t.all}</Tag>
  const grants = scope.grants ?? []
  return (
    <Flex wrap gap={4}>
      {grants.slice(0, SHOWN_MAX).map((grant) => (
        <Tag key={JSON.stringify(grant)} className="scope-tag">
          <GrantText grant={grant} />
        </Tag>
      ))}
      {grants.length > SHOWN_MAX && <span>{t.more(grants.length - SHOWN_MAX)}</span>}
    </Flex>
  )
}

function GrantText({ grant }: { grant: Grant }) {
  const words = useUnitWords()
  return named(grant).map((fact, at) => (
    <span key={fact}>
      {at > 0 && ' · '}
      {words[fact]} <UnitName kind={fact} id={grant[fact]} />
    </span>
  ))
}
