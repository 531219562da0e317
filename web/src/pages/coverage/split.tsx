/** A whole as a bar of its parts, each with its number and a way to what it counts. */
import { Link } from '@tanstack/react-router'
import { useLocale } from '@/i18n'
import { countOf, type Part } from './parts'

interface Props<Name extends string> {
  parts: Part<Name>[]
  to: '/ingest' | '/inbox'
  word: (name: Name) => string
  colours: Record<Name, string>
}

export function Split<Name extends string>({ parts, to, word, colours }: Props<Name>) {
  const { format } = useLocale()
  const all = countOf(parts)
  const share = (count: number) => (all > 0 ? format.percent(count / all) : '—')
  return (
    <>
      <div className="split-bar" aria-hidden>
        {parts
          .filter(({ count }) => count > 0)
          .map(({ name, count }) => (
            <span key={name} style={{ flexGrow: count, background: colours[name] }} />
          ))}
      </div>
      <ul className="split">
        {parts.map(({ name, count, search }) => (
          <li key={name} data-part={name}>
            <span className="split-dot" style={{ background: colours[name] }} aria-hidden />
            <span className="split-name">
              {search && count > 0 ? (
                <Link to={to} search={search}>
                  {word(name)}
                </Link>
              ) : (
                word(name)
              )}
            </span>
            <b>{format.number(count)}</b>
            <span className="split-share">{share(count)}</span>
          </li>
        ))}
      </ul>
    </>
  )
}
