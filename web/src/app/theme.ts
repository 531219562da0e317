/** Colours and sizes: calm ground, one accent, and colours of verdicts that keep AA contrast in light and dark. */
import { type ThemeConfig, theme } from 'antd'

export type Scheme = 'light' | 'dark'

const FONT =
  '"Inter", -apple-system, "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans SC", "Noto Sans CJK SC", "Segoe UI", sans-serif'

const light = {
  colorPrimary: '#0f766e',
  colorInfo: '#0f766e',
  colorSuccess: '#166534',
  colorSuccessBg: '#e5f4ea',
  colorSuccessBorder: '#a7d7b5',
  colorWarning: '#9a4508',
  colorWarningBg: '#fdf0e1',
  colorWarningBorder: '#efc592',
  colorError: '#b91c1c',
  colorErrorBg: '#fdecec',
  colorErrorBorder: '#f2b8b5',
  colorInfoBg: '#e4f3f1',
  colorInfoBorder: '#9fd3cc',
  colorLink: '#0f766e',
  colorText: '#17212b',
  colorTextSecondary: '#4a5866',
  colorTextTertiary: '#5d6b79',
  colorTextDescription: '#5d6b79',
  colorTextPlaceholder: '#66737f',
  colorBgLayout: '#f4f6f7',
  colorPrimaryBg: '#e4f3f1',
  colorPrimaryBgHover: '#d2eae7',
  colorPrimaryBorder: '#9fd3cc',
  controlItemBgActive: '#e4f3f1',
  controlItemBgActiveHover: '#d2eae7',
}
const dark = {
  colorPrimary: '#2dd4bf',
  colorInfo: '#2dd4bf',
  colorSuccess: '#4ade80',
  colorWarning: '#fbbf24',
  colorError: '#f87171',
  colorLink: '#2dd4bf',
  colorTextLightSolid: '#06201d',
  colorBgLayout: '#0c1115',
  colorBgContainer: '#141b20',
  colorBgElevated: '#1b242b',
  colorBorder: '#34434f',
  colorBorderSecondary: '#26323b',
  colorPrimaryBg: '#11312e',
  colorPrimaryBgHover: '#164440',
  colorPrimaryBorder: '#1d5f58',
  controlItemBgActive: '#11312e',
  controlItemBgActiveHover: '#164440',
  colorTextSecondary: '#b3bfc9',
  colorTextTertiary: '#97a4af',
  colorTextDescription: '#97a4af',
  colorTextPlaceholder: '#8f9ca8',
}

export function themeOf(scheme: Scheme): ThemeConfig {
  return {
    algorithm: scheme === 'dark' ? theme.darkAlgorithm : theme.defaultAlgorithm,
    token: {
      ...(scheme === 'dark' ? dark : light),
      fontFamily: FONT,
      fontSize: 14,
      borderRadius: 8,
      wireframe: false,
    },
    components: {
      Layout: { headerPadding: '0 20px', headerHeight: 52 },
      Table: { cellPaddingBlockMD: 9, headerBorderRadius: 0 },
      Menu: { itemBorderRadius: 8, activeBarBorderWidth: 0 },
      Card: { paddingLG: 18 },
      // What is bright is written on in dark, but for tooltips, whose ground is dark in both.
      Tooltip: {
        colorTextLightSolid: '#ffffff',
        colorBgSpotlight: scheme === 'dark' ? '#3a4853' : '#26323b',
      },
      // Ant Design's own is the colour of the page, and looks like bare text on it.
      Segmented: {
        trackBg: scheme === 'dark' ? '#242f38' : '#e4e9ed',
        // What is chosen stands out from the track: brighter in both.
        ...(scheme === 'dark' && { itemSelectedBg: '#3d4d59' }),
      },
      Tag: { defaultBg: scheme === 'dark' ? '#242f38' : '#e9edf0' },
    },
  }
}

/** Colours that Ant Design has no name for; canvases and charts take them too. */
export const palettes = {
  light: {
    agent: '#0f766e',
    customer: '#7c3aed',
    pass: '#15803d',
    fail: '#b45309',
    critical: '#b91c1c',
    undetermined: '#5d6b79',
    silence: '#94a3b8',
    overtalk: '#db2777',
    hold: '#ca8a04',
    pii: '#111827',
    grid: '#e3e8ec',
    played: '#0f766e33',
    series: ['#0f766e', '#7c3aed', '#b45309', '#2563eb', '#db2777', '#4d7c0f', '#0891b2', '#9f1239'],
  },
  dark: {
    agent: '#2dd4bf',
    customer: '#a78bfa',
    pass: '#4ade80',
    fail: '#fbbf24',
    critical: '#f87171',
    undetermined: '#97a4af',
    silence: '#64748b',
    overtalk: '#f472b6',
    hold: '#eab308',
    pii: '#e5e7eb',
    grid: '#26323b',
    played: '#2dd4bf33',
    series: ['#2dd4bf', '#a78bfa', '#fbbf24', '#60a5fa', '#f472b6', '#a3e635', '#22d3ee', '#fb7185'],
  },
} as const
export type Palette = (typeof palettes)[Scheme]
