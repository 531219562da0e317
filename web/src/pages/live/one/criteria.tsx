/** Which criteria are settled already, and which are open. */
import { ClockCircleOutlined } from '@ant-design/icons'
import { Empty, Progress, Tag } from 'antd'
import type { SettledCriterion } from '@/api/live'
import { VerdictTag } from '@/components/verdict'
import { useCallTexts } from './messages'

const ORDER = ['not_met', 'undetermined', 'met', 'not_applicable']
/** What failed first, then what is open, then the rest. */
const rank = ({ verdict }: SettledCriterion) => (verdict === null ? 1.5 : ORDER.indexOf(verdict))

export function Criteria({ criteria }: { criteria: SettledCriterion[] }) {
  const t = useCallTexts()
  const settled = criteria.filter(({ verdict }) => verdict !== null).length
  return (
    <section className="panel live-panel" aria-label={t.criteria}>
      <div className="panel-head">
        <h2>{t.criteria}</h2>
        <span className="live-fine-text">{t.settled(settled, criteria.length)}</span>
      </div>
      {criteria.length === 0 ? (
        <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t.criteriaNone} />
      ) : (
        <>
          <Progress percent={(100 * settled) / criteria.length} showInfo={false} size="small" aria-hidden />
          <ul className="live-criteria">
            {criteria
              .toSorted((a, b) => rank(a) - rank(b))
              .map(({ rubric, criterion, title, verdict }) => (
                <li key={`${rubric}/${criterion}`} data-verdict={verdict ?? 'open'}>
                  <span>{title}</span>
                  {verdict === null ? (
                    <Tag icon={<ClockCircleOutlined />} variant="outlined">
                      {t.stillOpen}
                    </Tag>
                  ) : (
                    <VerdictTag verdict={verdict} />
                  )}
                </li>
              ))}
          </ul>
        </>
      )}
    </section>
  )
}
