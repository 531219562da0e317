/** What a rubric says, in words: its sections, and each criterion with its weight, its severity and its conditions. */
import { Card, Descriptions, Flex, Tag, Typography } from 'antd'
import type { Schemas } from '@/api/client'
import { SeverityTag } from '@/components/verdict'
import { useLocale, useMessages } from '@/i18n'
import { messages } from './messages'
import './read.css'

type Outline = Schemas['RubricOutline']
type Criterion = Schemas['RubricCriterion']
type Condition = Schemas['RubricCondition']

const BULLET = '• '
/** What one blank before a line, and its bullet, take. */
const BLANK_EM = 0.5
const BULLET_EM = 0.9

/** A condition in words, a line each, indented by depth; what is too long goes on below its own beginning. */
export function Words({ condition }: { condition: Condition }) {
  const { chinese } = useLocale()
  const lines = chinese ? condition.words.zh : condition.words.en
  return (
    <div className="rubric-words">
      {lines.map((line, i) => {
        const text = line.trimStart()
        const hanging = text.startsWith(BULLET) ? BULLET_EM : 0
        const before = (line.length - text.length) * BLANK_EM + hanging
        return (
          <div
            // biome-ignore lint/suspicious/noArrayIndexKey: lines of one text, which may be the same
            key={i}
            style={{ paddingInlineStart: `${before}em`, textIndent: `${-hanging}em` }}
          >
            {text}
          </div>
        )
      })}
    </div>
  )
}

export function Outline({ outline }: { outline: Outline }) {
  const t = useMessages(messages)
  const { chinese, format } = useLocale()
  const known = new Set(outline.sections.map((section) => section.id))
  const sections = [
    ...outline.sections.map((section) => ({
      id: section.id,
      title: chinese ? section.title.zh : section.title.en,
      criteria: outline.criteria.filter((criterion) => criterion.section === section.id),
    })),
    {
      id: '',
      title: t.noSection,
      criteria: outline.criteria.filter(({ section }) => !section || !known.has(section)),
    },
  ].filter(({ criteria }) => criteria.length > 0)
  return (
    <Flex vertical gap={20}>
      <Descriptions
        size="small"
        items={[
          { key: 'p', label: t.passMark, children: format.number(outline.pass_mark, 1) },
          {
            key: 'l',
            label: t.language,
            children: outline.language ? format.language(outline.language) : t.anyLanguage,
          },
          { key: 'c', label: t.criteria, children: outline.criteria.length },
        ]}
      />
      {sections.map((section) => (
        <section key={section.id} aria-label={section.title}>
          <Typography.Title level={2} className="rubric-section">
            {section.title}
          </Typography.Title>
          <div className="rubric-criteria">
            {section.criteria.map((criterion) => (
              <CriterionCard key={criterion.id} criterion={criterion} />
            ))}
          </div>
        </section>
      ))}
    </Flex>
  )
}

function CriterionCard({ criterion }: { criterion: Criterion }) {
  const t = useMessages(messages)
  const { chinese, format } = useLocale()
  const rules: [string, Condition][] = [
    ...(criterion.when ? [[t.when, criterion.when] as [string, Condition]] : []),
    [criterion.rule === 'met' ? t.met : t.violated_by, criterion.condition],
    ...(criterion.graver ?? []).map(({ key, condition }): [string, Condition] => [
      key === 'major_when' ? t.major_when : t.critical_when,
      condition,
    ]),
  ]
  return (
    <Card
      size="small"
      title={chinese ? criterion.title.zh : criterion.title.en}
      extra={<SeverityTag severity={criterion.severity} />}
    >
      <Flex gap={6} wrap className="rubric-facts">
        <Typography.Text code>{criterion.id}</Typography.Text>
        {criterion.weight > 0 && (
          <Tag variant="filled">
            {t.weight} {format.number(criterion.weight, 1)} · {t.share} {format.number(criterion.share, 1)}%
          </Tag>
        )}
        {criterion.penalty && (
          <Tag variant="filled">
            {t.penalty} {criterion.penalty}
          </Tag>
        )}
        {criterion.bonus && (
          <Tag variant="filled">
            {t.bonus} {criterion.bonus}
          </Tag>
        )}
      </Flex>
      {rules.map(([label, condition]) => (
        <div key={label}>
          <Typography.Text type="secondary">{label}</Typography.Text>
          <Words condition={condition} />
        </div>
      ))}
    </Card>
  )
}
