/** The playhead: moved without drawing anything anew. */
import { useEffect, useRef } from 'react'
import { xOf } from '../logic/view'
import { useThePlayer } from '../player/use-player'
import type { Viewing } from './use-view'

export function Head(props: { viewing: Viewing; width: number; top: number; height: number }) {
  const { viewing, width, top, height } = props
  const { view, follow } = viewing
  const player = useThePlayer()
  const head = useRef<HTMLDivElement>(null)
  const heard = useRef<HTMLDivElement>(null)
  const last = useRef(player.at)
  useEffect(() => {
    const move = () => {
      const x = Math.min(Math.max(-2, xOf(view, width, player.at)), width + 2)
      head.current?.style.setProperty('transform', `translateX(${x}px)`)
      heard.current?.style.setProperty(
        'transform',
        `scaleX(${Math.min(Math.max(x / Math.max(width, 1), 0), 1)})`,
      )
      // Who looks elsewhere while it plays is left there; a jump, or a head that leaves the view, is followed.
      const seen = last.current >= view.from && last.current <= view.to
      if (seen || Math.abs(player.at - last.current) > 0.5) follow(player.at)
      last.current = player.at
    }
    move()
    return player.onPlace(move)
  }, [player, view, width, follow])
  return (
    <>
      <div ref={heard} className="wave-heard" style={{ top, height: height - top - 18 }} />
      <div ref={head} className="wave-head" style={{ top: top - 4, height: height - top - 12 }} />
    </>
  )
}
