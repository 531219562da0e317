/** Scorecards, one under another: each criterion with its verdict; the one that is looked at with its proof. */
import { Button, Empty, Segmented } from 'antd'
import { useEffect, useRef } from 'react'
import type { Schemas } from '@/api/client'
import type { Choice, Draft } from '@/components/review/verdicts'
import { useLocale } from '@/i18n'
import type { Outlines } from '../data'
import type { Evidence, Scorecard } from '../logic/report'
import { type Filter, type Item, isProblem, shown } from '../logic/walk'
import { useTexts } from '../messages'
import { Card } from './card'
import './score.css'

export interface Deciding {
  /** Which form is open on the chosen finding. */
  open: Choice | undefined
  onOpen: (choice: Choice | undefined) => void
  onDecide: (draft: Draft) => void
}

interface Props {
  callId: string
  cards: Scorecard[]
  outlines: Outlines
  titleOf: (item: Item) => string
  summaries: Schemas['ScorecardSummary'][]
  items: Item[]
  decisions: Schemas['Decision'][]
  filter: Filter
  onFilter: (filter: Filter) => void
  chosen: string | undefined
  onChoose: (item: Item | undefined) => void
  onPlay: (evidence: Evidence) => void
  /** Undefined for those who may not decide. */
  deciding: Deciding | undefined
}

export function Scorecards(props: Props) {
  const { cards, items, filter, onFilter, chosen } = props
  const t = useTexts()
  const tongue = useLocale().chinese ? 'zh' : 'en'
  const list = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (!chosen) return
    const row = list.current?.querySelector(`[data-finding="${CSS.escape(chosen)}"]`)
    row?.scrollIntoView({ block: 'nearest' })
  }, [chosen])
  const applying = cards.filter((card) => card.verdict !== 'not_applicable')
  const others = cards.filter((card) => card.verdict === 'not_applicable')
  const visible = shown(items, filter)
  const problems = items.filter((item) => isProblem(item.finding))
  const undecided = problems.filter((item) => !item.decision).length
  return (
    <>
      <div className="panel-head">
        <Segmented<Filter>
          size="small"
          aria-label={t.filter}
          value={filter}
          onChange={onFilter}
          options={[
            { value: 'problems', label: `${t.problems} ${problems.length}` },
            { value: 'undecided', label: `${t.undecided} ${undecided}` },
            { value: 'all', label: `${t.all} ${items.length}` },
          ]}
        />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be scrolled by keyboard too */}
      <div className="panel-body" ref={list} tabIndex={0}>
        {applying.length === 0 && <Empty className="panel-empty" description={t.noScorecards} />}
        {applying.map((card) => (
          <Card
            {...props}
            key={card.rubric}
            card={card}
            summary={props.summaries.find((one) => one.rubric === card.rubric)}
            shown={visible.filter((item) => item.rubric === card.rubric)}
          />
        ))}
        {applying.length > 0 && visible.length === 0 && (
          <Empty
            className="panel-empty"
            image={Empty.PRESENTED_IMAGE_SIMPLE}
            description={filter === 'undecided' && problems.length > 0 ? t.allDecided : t.noProblems}
          >
            <Button size="small" onClick={() => onFilter('all')}>
              {t.showAll}
            </Button>
          </Empty>
        )}
        {others.length > 0 && (
          <p className="card-others">
            {t.notApplicable}
            {others.map((card) => props.outlines[card.rubric]?.title[tongue] ?? card.title).join(' · ')}
          </p>
        )}
      </div>
    </>
  )
}
