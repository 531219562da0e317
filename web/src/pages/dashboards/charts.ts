/** The charts' options: figures in, what ECharts draws out. */
import type { BarSeriesOption, CustomSeriesOption } from 'echarts/charts'
import { categoryAxis, frameOf, type Look, type Option, tip, valueAxis } from '@/components/chart/option'

export interface Share {
  name: string
  share: number
  low: number
  high: number
  /** Lines for whoever points at it. */
  told: string[]
  /** Beside the bar. */
  note: string
}

type RenderItem = NonNullable<CustomSeriesOption['renderItem']>

/** The interval as a line with two ends, across the bar's middle. */
const whisker =
  (look: Look, upright: boolean): RenderItem =>
  (_, api) => {
    const at = api.value(0) as number
    const end = (value: number) => api.coord(upright ? [at, value] : [value, at]) as [number, number]
    const [low, high] = [end(api.value(1) as number), end(api.value(2) as number)]
    const line = (x1: number, y1: number, x2: number, y2: number) => ({
      type: 'line' as const,
      shape: { x1, y1, x2, y2 },
      style: { stroke: look.text, lineWidth: 1.5 },
    })
    const cap = ([x, y]: [number, number]) => (upright ? line(x - 4, y, x + 4, y) : line(x, y - 4, x, y + 4))
    return { type: 'group', children: [line(...low, ...high), cap(low), cap(high)] }
  }

const percent = (value: number) => `${Math.round(value * 100)}%`

/** Shares with their intervals: bars to the right, or upright where they follow one another in time. */
export function sharesOption(look: Look, shares: Share[], upright: boolean, description: string): Option {
  const names = categoryAxis(
    look,
    shares.map(({ name }) => name),
  )
  const values = { ...valueAxis(look, percent), min: 0, max: 1 }
  const frame = frameOf(look, description)
  const side = { width: 150, overflow: 'truncate' as const }
  return {
    ...frame,
    tooltip: {
      ...frame.tooltip,
      formatter: (points: unknown) => {
        const { dataIndex } = (points as { dataIndex: number }[])[0]!
        const one = shares[dataIndex]!
        return tip(one.name, one.told)
      },
    },
    grid: upright
      ? { left: 48, right: 16, top: 12, bottom: 28 }
      : { left: 168, right: 128, top: 4, bottom: 28 },
    xAxis: upright ? names : values,
    yAxis: upright
      ? values
      : [
          { ...names, inverse: true, axisLabel: { ...names.axisLabel, ...side } },
          {
            ...names,
            data: shares.map(({ note }) => note),
            inverse: true,
            position: 'right',
            axisLine: { show: false },
            axisLabel: { color: look.dim },
          },
        ],
    series: [
      {
        type: 'bar',
        data: shares.map(({ share }) => share),
        barMaxWidth: upright ? 40 : 18,
        itemStyle: { color: look.palette.agent, borderRadius: 3, opacity: 0.75 },
        label: upright
          ? {
              show: true,
              position: 'insideBottom',
              formatter: ({ value }) => percent(Number(value)),
              color: look.ground,
            }
          : { show: false },
      },
      {
        type: 'custom',
        renderItem: whisker(look, upright),
        data: shares.map(({ low, high }, ix) => [ix, low, high]),
        encode: upright ? { x: 0, y: [1, 2] } : { x: [1, 2], y: 0 },
        silent: true,
        z: 5,
      },
    ],
  }
}

export type Pattern = 'plain' | 'slanted' | 'dotted' | 'crossed'
type Decal = Exclude<NonNullable<BarSeriesOption['itemStyle']>['decal'], 'none' | undefined>

/** Few strokes, so that they tell parts apart without noise. */
const PATTERNS: Record<Pattern, Decal> = {
  plain: { symbol: 'none' },
  slanted: { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [1, 7], rotation: -Math.PI / 4 },
  dotted: { symbol: 'circle', symbolSize: 0.5, dashArrayX: [[7, 7]], dashArrayY: [7, 0] },
  crossed: { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [1.5, 4], rotation: Math.PI / 4 },
}

export interface Stack {
  name: string
  color: string
  /** Whether a pattern beside its colour tells it from the others. */
  pattern: Pattern
  values: number[]
}

/** Counts over time, stacked. Patterns as well as colours tell the parts apart. */
export function stackOption(look: Look, names: string[], stacks: Stack[], description: string): Option {
  const frame = frameOf(look, description)
  return {
    ...frame,
    legend: { top: 0, left: 0, itemWidth: 18, textStyle: { color: look.text } },
    grid: { left: 44, right: 16, top: 40, bottom: 28 },
    xAxis: categoryAxis(look, names),
    yAxis: { ...valueAxis(look), minInterval: 1 },
    series: stacks.map(({ name, color, pattern, values }) => ({
      type: 'bar' as const,
      name,
      stack: 'all',
      data: values,
      barMaxWidth: 48,
      itemStyle: { color, decal: { color: look.stroke, ...PATTERNS[pattern] } },
    })),
  }
}

/** How many calls are in each bin. */
export function binsOption(
  look: Look,
  bins: { name: string; short: string; calls: number; told: string }[],
  axes: { across: string; up: string },
  description: string,
): Option {
  const frame = frameOf(look, description)
  return {
    ...frame,
    tooltip: {
      ...frame.tooltip,
      formatter: (points: unknown) => {
        const { dataIndex } = (points as { dataIndex: number }[])[0]!
        const one = bins[dataIndex]!
        return tip(one.name, [one.told])
      },
    },
    grid: { left: 44, right: 12, top: 30, bottom: 46 },
    xAxis: {
      ...categoryAxis(
        look,
        bins.map(({ short }) => short),
      ),
      name: axes.across,
      nameLocation: 'middle',
      nameGap: 26,
      nameTextStyle: { color: look.dim },
    },
    yAxis: {
      ...valueAxis(look),
      minInterval: 1,
      name: axes.up,
      nameGap: 10,
      nameTextStyle: { color: look.dim, align: 'left', padding: [0, 0, 0, -30] },
    },
    series: [
      {
        type: 'bar',
        data: bins.map(({ calls }) => calls),
        barCategoryGap: '12%',
        barMaxWidth: 64,
        itemStyle: { color: look.palette.agent, borderRadius: [3, 3, 0, 0] },
      },
    ],
  }
}
