/** A criterion's title in the reader's language. */
import { useTitles } from './titles'

interface Props {
  rubric: string
  criterion: string
  /** As its rubric's own language has it. */
  title: string
}

export function CriterionTitle({ rubric, criterion, title }: Props) {
  return useTitles([{ rubric, title }])(rubric, criterion, title)
}
