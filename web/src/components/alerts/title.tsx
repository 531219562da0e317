/** What an alert is about. Watch rubrics name the fault itself; the others name what should be, and it was not. */
import { isWatch, useTitles } from '@/components/titles'
import { useWords } from '@/components/verdict'
import { useLocale } from '@/i18n'

interface Props {
  rubric: string
  criterion: string
  /** As its rubric's own language has it. */
  title: string
}

export function AlertTitle({ rubric, criterion, title }: Props) {
  const words = useWords()
  const { format } = useLocale()
  const named = useTitles([{ rubric, title }])(rubric, criterion, title)
  return isWatch(rubric) ? named : format.named(words('not_met'), named)
}
