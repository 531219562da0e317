/** The findings whose evidence lies in a row; each leads to its criterion. */
import { CheckCircleOutlined, CloseCircleOutlined, QuestionCircleOutlined } from '@ant-design/icons'
import { useWords } from '@/components/verdict'
import type { EvidenceMark, Named } from '../logic/marks'

const ICONS: Record<string, React.ReactNode> = {
  met: <CheckCircleOutlined />,
  not_met: <CloseCircleOutlined />,
}

export function Chips({ marks, onNamed }: { marks: EvidenceMark[]; onNamed: (named: Named) => void }) {
  const words = useWords()
  if (marks.length === 0) return null
  return (
    <span className="chips">
      {marks.map((mark) => (
        <button
          key={`${mark.rubric} ${mark.criterion}`}
          type="button"
          className={`chip w-${mark.verdict}`}
          title={words(mark.verdict)}
          onClick={() => onNamed(mark)}
        >
          {ICONS[mark.verdict] ?? <QuestionCircleOutlined />} {mark.title}
        </button>
      ))}
    </span>
  )
}
