/** What criteria, sections and lines of a rubric's head are called in the reader's language. */
import type { Schemas } from '@/api/client'
import { useLocale, useMessages } from '@/i18n'
import { messages } from './messages'

type Outline = Schemas['RubricOutline']

export type NameOf = (of: string) => string

/** The first of the outlines that has it says what it is called; what none has is called by its id. */
export function useNames(outlines: readonly (Outline | null | undefined)[]): NameOf {
  const t = useMessages(messages)
  const { chinese } = useLocale()
  return (of) => {
    const known = outlines.flatMap((outline) => (outline ? [...outline.criteria, ...outline.sections] : []))
    const title = known.find(({ id }) => id === of)?.title
    if (title) return chinese ? title.zh : title.en
    const key = `head_${of}`
    return key in t ? t[key as 'head_title'] : of
  }
}

/** With the id below, by which the file has it. */
export function Named({ of, nameOf }: { of: string; nameOf: NameOf }) {
  const name = nameOf(of)
  return (
    <>
      {name}
      {name !== of && <div className="rubric-id">{of}</div>}
    </>
  )
}
