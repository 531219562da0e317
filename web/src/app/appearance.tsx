/** Light or dark: as the person chose on this machine, else as their system says. */
import { App as AntApp, ConfigProvider } from 'antd'
import enUS from 'antd/locale/en_US'
import zhCN from 'antd/locale/zh_CN'
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react'
import { useLocale } from '@/i18n'
import { type Palette, palettes, type Scheme, themeOf } from './theme'

const KEPT = 'lingting.scheme'
const DARK = '(prefers-color-scheme: dark)'

interface Appearance {
  scheme: Scheme
  palette: Palette
  setScheme: (scheme: Scheme) => void
}

const AppearanceContext = createContext<Appearance | null>(null)

function firstScheme(): Scheme {
  const kept = localStorage.getItem(KEPT)
  if (kept === 'light' || kept === 'dark') return kept
  return window.matchMedia?.(DARK).matches ? 'dark' : 'light'
}

/** The nonce that the service drew for this page; styles made by scripts carry it. */
export function nonce(): string | undefined {
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce || undefined
}

export function AppearanceProvider({ children }: { children: ReactNode }) {
  const { chinese } = useLocale()
  const [scheme, set] = useState<Scheme>(firstScheme)
  useEffect(() => {
    document.documentElement.dataset.scheme = scheme
    document.documentElement.style.colorScheme = scheme
  }, [scheme])
  const appearance = useMemo<Appearance>(
    () => ({
      scheme,
      palette: palettes[scheme],
      setScheme: (scheme) => {
        localStorage.setItem(KEPT, scheme)
        set(scheme)
      },
    }),
    [scheme],
  )
  const csp = useMemo(() => ({ nonce: nonce() ?? '' }), [])
  return (
    <AppearanceContext value={appearance}>
      <ConfigProvider
        theme={themeOf(scheme)}
        locale={chinese ? zhCN : enUS}
        csp={csp}
        button={{ autoInsertSpace: false }}
      >
        <AntApp className="app">{children}</AntApp>
      </ConfigProvider>
    </AppearanceContext>
  )
}

export function useAppearance(): Appearance {
  const appearance = useContext(AppearanceContext)
  if (!appearance) throw new Error('useAppearance outside AppearanceProvider')
  return appearance
}
