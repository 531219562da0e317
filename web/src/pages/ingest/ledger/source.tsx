/** A source's name; uploads and live calls are named in the reader's language. */
import { useMessages } from '@/i18n'
import { ledgerMessages } from './messages'

export const UPLOAD = 'upload'
const LIVE = 'live'

export function useSourceName(): (source: string) => string {
  const t = useMessages(ledgerMessages)
  return (source) => (source === UPLOAD ? t.uploads : source === LIVE ? t.live : source)
}
