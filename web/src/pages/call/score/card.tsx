/** One rubric's scorecard: the machine's score beside the people's, and its criteria by section. */
import { useMemo } from 'react'
import type { Schemas } from '@/api/client'
import { VerdictTag } from '@/components/verdict'
import { useLocale } from '@/i18n'
import type { Outline, Outlines } from '../data'
import type { Evidence, Scorecard } from '../logic/report'
import type { Item } from '../logic/walk'
import { useTexts } from '../messages'
import { FindingRow } from './finding'
import type { Deciding } from './index'

interface Props {
  callId: string
  card: Scorecard
  outlines: Outlines
  summary: Schemas['ScorecardSummary'] | undefined
  shown: Item[]
  titleOf: (item: Item) => string
  decisions: Schemas['Decision'][]
  chosen: string | undefined
  onChoose: (item: Item | undefined) => void
  onPlay: (evidence: Evidence) => void
  deciding: Deciding | undefined
}

/** Criteria under their sections' headings, in the rubric's order; without an outline, all under none. */
function grouped(items: Item[], outline: Outline | undefined): { id: string; items: Item[] }[] {
  const sections = new Map(outline?.criteria.map((one) => [one.id, one.section ?? '']))
  const groups = new Map<string, Item[]>()
  for (const item of items) {
    const id = sections.get(item.criterion) ?? ''
    groups.set(id, [...(groups.get(id) ?? []), item])
  }
  return [...groups].map(([id, items]) => ({ id, items }))
}

export function Card(props: Props) {
  const { card, summary, shown } = props
  const t = useTexts()
  const { chinese } = useLocale()
  const outline = props.outlines[card.rubric]
  const groups = useMemo(() => grouped(shown, outline), [shown, outline])
  const tongue = chinese ? 'zh' : 'en'
  return (
    <section className="card" aria-label={card.title}>
      <header>
        <div className="card-title">
          <h2>{outline?.title[tongue] ?? card.title}</h2>
          <small>
            {card.rubric} v{card.version}
          </small>
        </div>
        <Scores card={card} summary={summary} />
      </header>
      {card.applies_unknown && (
        <p className="card-note">
          {t.notKnown}
          {card.applies_unknown.join(', ')}
        </p>
      )}
      {groups.map((group) => (
        <div key={group.id}>
          {groups.length > 1 && (
            <h3>{outline?.sections.find((one) => one.id === group.id)?.title[tongue] ?? t.otherSection}</h3>
          )}
          <ul className="findings">
            {group.items.map((item) => (
              <FindingRow
                key={item.key}
                callId={props.callId}
                item={item}
                title={props.titleOf(item)}
                open={props.chosen === item.key}
                history={props.decisions.filter(
                  (one) => one.rubric === item.rubric && one.criterion === item.criterion,
                )}
                onChoose={props.onChoose}
                onPlay={props.onPlay}
                deciding={props.deciding}
              />
            ))}
          </ul>
        </div>
      ))}
    </section>
  )
}

/** What the machine scored, what people made of it, and the difference. */
function Scores({ card, summary }: { card: Scorecard; summary: Schemas['ScorecardSummary'] | undefined }) {
  const t = useTexts()
  const { format } = useLocale()
  const number = (score: number | null | undefined) =>
    score === null || score === undefined ? '–' : format.number(score, 1)
  const range =
    card.score_min !== undefined && card.score_max !== undefined && card.score_min < card.score_max
      ? ` (${number(card.score_min)}–${number(card.score_max)})`
      : ''
  const human = summary?.human_verdict ?? undefined
  const difference = summary?.difference ?? 0
  return (
    <dl className="scores">
      <div>
        <dt>{t.machine}</dt>
        <dd>
          <b>{number(card.score)}</b>
          <small>{range}</small>
          <VerdictTag verdict={card.verdict} />
        </dd>
      </div>
      {human && (
        <div data-testid="human-score">
          <dt>{t.human}</dt>
          <dd>
            <b>{number(summary?.human_score)}</b>
            {difference !== 0 && (
              <span className={difference > 0 ? 'score-up' : 'score-down'}>
                {difference > 0 ? '+' : '−'}
                {number(Math.abs(difference))}
              </span>
            )}
            <VerdictTag verdict={human} />
          </dd>
        </div>
      )}
    </dl>
  )
}
