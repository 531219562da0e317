/** Which criteria are settled already. */
import { Empty } from 'antd'
import type { SettledCriterion } from '@/api/live'
import { CriterionTitle } from '@/components/criterion-title'
import { VerdictTag } from '@/components/verdict'
import { useCallTexts } from './messages'

const ORDER = ['not_met', 'undetermined', 'met', 'not_applicable']
/** What failed first. */
const rank = ({ verdict }: SettledCriterion) => ORDER.indexOf(verdict)

export function Criteria({ criteria }: { criteria: SettledCriterion[] }) {
  const t = useCallTexts()
  return (
    <section className="panel live-panel" aria-label={t.criteria}>
      <div className="panel-head">
        <h2>{t.criteria}</h2>
        <span className="live-fine-text">{t.settled(criteria.length)}</span>
      </div>
      {criteria.length === 0 ? (
        <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t.criteriaNone} />
      ) : (
        <ul className="live-criteria">
          {criteria
            .toSorted((a, b) => rank(a) - rank(b))
            .map(({ rubric, criterion, title, verdict }) => (
              <li key={`${rubric}/${criterion}`} data-verdict={verdict}>
                <span>
                  <CriterionTitle rubric={rubric} criterion={criterion} title={title} />
                </span>
                <VerdictTag verdict={verdict} />
              </li>
            ))}
        </ul>
      )}
    </section>
  )
}
