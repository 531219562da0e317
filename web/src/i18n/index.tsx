/**
 * Two languages, complete by type: each page keeps its texts beside it, and a text that lacks one of them does not
 * compile. Texts with parts are functions, so that word order and plurals are each language's own.
 *
 *     const messages = defineMessages({
 *       zh: { title: '待复核', calls: (n: number) => `${n} 通电话` },
 *       en: { title: 'Inbox', calls: (n: number) => (n === 1 ? '1 call' : `${n} calls`) },
 *     })
 *     const t = useMessages(messages)   // t.title, t.calls(3)
 */
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react'
import { setProblemLanguage } from '@/api/client'
import { type Format, formatOf } from './format'

export const LANGUAGES = ['zh-CN', 'en-US'] as const
export type Language = (typeof LANGUAGES)[number]

type Text = string | ((...parts: never[]) => string)
/** The same keys, and for each key the same parts. */
type Same<T> = { [K in keyof T]: T[K] extends string ? string : T[K] }

export interface Messages<T> {
  zh: T
  en: Same<T>
}

export function defineMessages<T extends Record<string, Text>>(messages: Messages<T>): Messages<T> {
  return messages
}

interface Locale {
  language: Language
  chinese: boolean
  setLanguage: (language: Language) => void
  format: Format
}

const LocaleContext = createContext<Locale | null>(null)
const KEPT = 'lingting.language'

/** What the person chose on this machine; else what the browser prefers. */
export function firstLanguage(): Language {
  const kept = localStorage.getItem(KEPT)
  const chosen = LANGUAGES.find((language) => language === kept)
  return chosen ?? (navigator.language.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en-US')
}

export function LocaleProvider({ children, initial }: { children: ReactNode; initial?: Language }) {
  const [language, setLanguage] = useState<Language>(() => initial ?? firstLanguage())
  // Before children ask the service for anything.
  setProblemLanguage(language)
  useEffect(() => {
    document.documentElement.lang = language
    localStorage.setItem(KEPT, language)
  }, [language])
  const locale = useMemo<Locale>(
    () => ({ language, chinese: language === 'zh-CN', setLanguage, format: formatOf(language) }),
    [language],
  )
  return <LocaleContext value={locale}>{children}</LocaleContext>
}

export function useLocale(): Locale {
  const locale = useContext(LocaleContext)
  if (!locale) throw new Error('useLocale outside LocaleProvider')
  return locale
}

export function useMessages<T>(messages: Messages<T>): T {
  return useLocale().chinese ? messages.zh : (messages.en as T)
}
