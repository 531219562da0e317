/** What charts share: colours of the theme, and how they are read out. */
import type { BarSeriesOption, CustomSeriesOption, LineSeriesOption } from 'echarts/charts'
import type {
  AriaComponentOption,
  GridComponentOption,
  LegendComponentOption,
  TooltipComponentOption,
} from 'echarts/components'
import type { ComposeOption } from 'echarts/core'
import type { Palette } from '@/app/theme'

export type Option = ComposeOption<
  | AriaComponentOption
  | BarSeriesOption
  | CustomSeriesOption
  | GridComponentOption
  | LegendComponentOption
  | LineSeriesOption
  | TooltipComponentOption
>

/** Colours and fonts that a chart takes from the theme around it. */
export interface Look {
  palette: Palette
  text: string
  dim: string
  ground: string
  /** Of patterns over a colour. */
  stroke: string
  font: string
}

/** An option's frame: animation as the person wants it, spoken description, tooltips in the theme's colours. */
export function frameOf(look: Look, description: string): Option {
  return {
    animation: !window.matchMedia?.('(prefers-reduced-motion: reduce)').matches,
    animationDuration: 300,
    textStyle: { fontFamily: look.font, color: look.text },
    aria: { enabled: true, label: { description } },
    tooltip: {
      trigger: 'axis',
      axisPointer: { type: 'shadow' },
      backgroundColor: look.ground,
      borderColor: look.palette.grid,
      textStyle: { color: look.text, fontSize: 13 },
      confine: true,
    },
  }
}

/** Lines of a tooltip, as elements: names come from outside and are no markup. */
export function tip(title: string, lines: string[]): HTMLElement {
  const box = document.createElement('div')
  const head = document.createElement('b')
  head.textContent = title
  box.append(head)
  for (const line of lines) {
    const row = document.createElement('div')
    row.textContent = line
    box.append(row)
  }
  return box
}

export const categoryAxis = (look: Look, names: string[]) => ({
  type: 'category' as const,
  data: names,
  axisTick: { show: false },
  axisLine: { lineStyle: { color: look.palette.grid } },
  axisLabel: { color: look.text },
})

export const valueAxis = (look: Look, label?: (value: number) => string) => ({
  type: 'value' as const,
  splitLine: { lineStyle: { color: look.palette.grid } },
  axisLabel: { color: look.dim, ...(label && { formatter: label }) },
})
