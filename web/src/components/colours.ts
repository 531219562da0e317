/** The palette's colours for style sheets. */
import { type CSSProperties, useMemo } from 'react'
import { useAppearance } from '@/app/appearance'

export function useColours(): CSSProperties {
  const { palette } = useAppearance()
  return useMemo(() => {
    const { agent, customer, pass, critical, undetermined, fail } = palette
    return Object.fromEntries(
      Object.entries({ agent, customer, pass, critical, undetermined, fail }).map(([name, colour]) => [
        `--${name}`,
        colour,
      ]),
    ) as CSSProperties
  }, [palette])
}
