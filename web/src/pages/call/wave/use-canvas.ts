/** A canvas as wide as its parent, drawn anew when it or what is drawn changes, once a frame. */
import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react'

export function useWidth(ref: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0)
  useLayoutEffect(() => {
    const element = ref.current
    if (!element) return
    setWidth(element.clientWidth)
    const observer = new ResizeObserver(() => setWidth(element.clientWidth))
    observer.observe(element)
    return () => observer.disconnect()
  }, [ref])
  return width
}

export function useCanvas(
  width: number,
  height: number,
  paint: (pen: CanvasRenderingContext2D) => void,
): RefObject<HTMLCanvasElement | null> {
  const ref = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const canvas = ref.current
    if (!canvas || width === 0) return
    const frame = requestAnimationFrame(() => {
      const scale = window.devicePixelRatio || 1
      const [w, h] = [Math.round(width * scale), Math.round(height * scale)]
      if (canvas.width !== w) canvas.width = w
      if (canvas.height !== h) canvas.height = h
      const pen = canvas.getContext('2d')
      if (!pen) return
      pen.setTransform(scale, 0, 0, scale, 0, 0)
      paint(pen)
    })
    return () => cancelAnimationFrame(frame)
  }, [width, height, paint])
  return ref
}
