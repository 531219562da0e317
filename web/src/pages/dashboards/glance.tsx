/** The main figures: today in large, the chosen time under it. Each opens its calls. */
import { Link } from '@tanstack/react-router'
import { Skeleton } from 'antd'
import type { Schemas } from '@/api/client'
import { useLocale, useMessages } from '@/i18n'
import { messages } from './messages'
import { opened } from './shape'
import type { Asked } from './use-figures'

type Overview = Schemas['Overview']
type Filter = Record<string, string | undefined>

interface Figure {
  name: string
  of: (figures: Overview) => string
  more: (figures: Overview) => string
  filter: Filter
}

interface Props {
  title: string
  figures: Overview | undefined
  asked: Asked
}

export function Glance({ title, figures, asked }: Props) {
  const tiles = useFigures()
  return (
    <section className="glance" aria-label={title}>
      <h2>{title}</h2>
      <div className="tiles">
        {tiles.map(({ name, of, more, filter }) => (
          <Link key={name} className="tile" to="/inbox" search={{ ...opened(asked), ...filter }}>
            <span className="tile-name">{name}</span>
            {figures ? (
              <>
                <strong className="tile-value">{of(figures)}</strong>
                <span className="tile-more">{more(figures)}</span>
              </>
            ) : (
              <Skeleton active title={{ width: 80 }} paragraph={{ rows: 1 }} />
            )}
          </Link>
        ))}
      </div>
    </section>
  )
}

function useFigures(): Figure[] {
  const t = useMessages(messages)
  const { format } = useLocale()
  const share = (value: number | null | undefined) => (value == null ? '—' : format.percent(value))
  return [
    {
      name: t.calls,
      of: ({ all }) => format.number(all),
      more: ({ chats }) => t.chats(format.number(chats)),
      filter: {},
    },
    {
      name: t.compliance,
      of: ({ findings }) => share(findings.compliance.share),
      more: ({ findings: { compliance: one } }) =>
        one.share == null ? t.noShare : t.interval(format.percent(one.low, 0), format.percent(one.high, 0)),
      filter: { finding: 'not_met' },
    },
    {
      name: t.score,
      of: ({ score_mean }) => (score_mean == null ? '—' : format.number(score_mean, 1)),
      more: ({ scored }) => t.scored(format.number(scored)),
      filter: {},
    },
    {
      name: t.critical,
      of: ({ verdicts }) => format.number(verdicts.critical ?? 0),
      more: ({ verdicts, all }) => t.ofCalls(all > 0 ? format.percent((verdicts.critical ?? 0) / all) : '—'),
      filter: { verdict: 'critical' },
    },
    {
      name: t.waiting,
      of: ({ review }) => format.number(review.open_violations),
      more: ({ review: { overturn } }) =>
        overturn.share == null ? t.noneReviewed : t.overturned(format.percent(overturn.share)),
      filter: { show: 'open' },
    },
  ]
}
