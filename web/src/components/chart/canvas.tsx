/** ECharts, of which only what is drawn here is loaded; loaded itself when the first chart is shown. */
import { BarChart, CustomChart, LineChart } from 'echarts/charts'
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from 'echarts/components'
import { type ECharts, init, use } from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'
import { useEffect, useRef } from 'react'
import type { Option } from './option'

use([
  BarChart,
  CustomChart,
  LineChart,
  AriaComponent,
  GridComponent,
  LegendComponent,
  TooltipComponent,
  CanvasRenderer,
])

interface Props {
  option: Option
  height: number
  /** Which category was clicked: anywhere in its band, for a bar may be too short to hit. */
  onPick?: ((category: number) => void) | undefined
}

export default function ChartCanvas({ option, height, onPick }: Props) {
  const place = useRef<HTMLDivElement>(null)
  const chart = useRef<ECharts>(undefined)
  const pick = useRef(onPick)
  pick.current = onPick
  useEffect(() => {
    const element = place.current!
    const made = init(element)
    chart.current = made
    const at = ({ offsetX, offsetY }: { offsetX: number; offsetY: number }) => {
      const point = [offsetX, offsetY]
      if (!made.containPixel('grid', point)) return undefined
      const [x, y] = made.convertFromPixel('grid', point) as [number, number]
      // The axis of categories gives whole numbers.
      const upright = (made.getOption().xAxis as { type: string }[])[0]?.type === 'category'
      return upright ? x : y
    }
    const zr = made.getZr()
    zr.on('click', (event) => {
      const category = at(event)
      if (category !== undefined) pick.current?.(category)
    })
    zr.on('mousemove', (event) => {
      if (pick.current && at(event) !== undefined) zr.setCursorStyle('pointer')
    })
    const watcher = new ResizeObserver(() => made.resize())
    watcher.observe(element)
    return () => {
      watcher.disconnect()
      made.dispose()
    }
  }, [])
  useEffect(() => {
    chart.current?.setOption(option, { notMerge: true })
  }, [option])
  // biome-ignore lint/correctness/useExhaustiveDependencies: another height is another size
  useEffect(() => chart.current?.resize(), [height])
  return <div ref={place} className="chart" style={{ height }} />
}
