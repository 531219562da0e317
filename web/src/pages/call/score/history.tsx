/** What people decided: who, when, and in which words. */
import { UserOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { api, data, type Schemas } from '@/api/client'
import { useCan, useMe } from '@/app/session'
import { useReviewWords } from '@/components/review/words'
import { useWords } from '@/components/verdict'
import { useLocale } from '@/i18n'
import type { Decided as Said } from '../logic/walk'
import { useTexts } from '../messages'

/** The name of a person; of others only where one may see accounts. */
export function Who({ id }: { id: string }) {
  const t = useTexts()
  const me = useMe()
  const can = useCan()
  const other = useQuery({
    queryKey: ['people', id],
    queryFn: () => data(api.GET('/api/v1/people/{person_id}', { params: { path: { person_id: id } } })),
    enabled: id !== me.person.id && can('people.read'),
    staleTime: 300_000,
  })
  if (id === me.person.id) return <span title={me.person.name}>{t.me}</span>
  return <span title={id}>{other.data?.name ?? t.someone}</span>
}

interface Props {
  decision: Schemas['Decision']
  /** Of what; left out where it stands under it. */
  title?: string
  onTitle?: () => void
}

/** Decided here a moment ago: not on record yet. */
export function Pending({ decision, title }: { decision: Said; title?: string }) {
  const t = useTexts()
  return (
    <div className="decision" data-held>
      {title && <span className="decision-title">{title}</span>}
      <What {...decision} />
      <div className="proof-fine">
        {t.me} · {t.pending}
      </div>
    </div>
  )
}

function What({ decision, verdict, comment }: Said) {
  const words = useReviewWords()
  const verdicts = useWords()
  const changed = decision === 'overturn' || decision === 'manual'
  return (
    <div>
      <UserOutlined aria-hidden /> <b>{words(decision)}</b>
      {changed && ` → ${verdicts(verdict)}`}
      {comment && `：${comment}`}
    </div>
  )
}

export function Decided({ decision, title, onTitle }: Props) {
  const t = useTexts()
  const { format } = useLocale()
  return (
    <div className={decision.replaced ? 'decision decision-replaced' : 'decision'}>
      {title && (
        <button type="button" className="decision-title" onClick={onTitle}>
          {title}
        </button>
      )}
      <What {...decision} />
      <div className="proof-fine">
        <Who id={decision.by} /> · <time dateTime={decision.at}>{format.dateTime(decision.at)}</time>
        {decision.replaced && ` · ${t.replaced}`}
      </div>
    </div>
  )
}
