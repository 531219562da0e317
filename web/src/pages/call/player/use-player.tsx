/** The player of a page, and what components read of it: its state, and its place no oftener than they need it. */
import { createContext, type ReactNode, useContext, useEffect, useState, useSyncExternalStore } from 'react'
import type { Stretch } from '../logic/report'
import { Player, type PlayerState } from './player'

const PlayerContext = createContext<Player | null>(null)

interface Recording {
  source: string | undefined
  duration: number
  gaps: Stretch[]
}

/** Makes a player and gives it what to play. */
export function usePlayer({ source, duration, gaps }: Recording): Player | null {
  const [player, setPlayer] = useState<Player | null>(null)
  useEffect(() => {
    const made = new Player()
    setPlayer(made)
    return () => made.dispose()
  }, [])
  useEffect(() => {
    if (!player) return
    player.duration = duration
    player.gaps = gaps
    player.load(source)
  }, [player, source, duration, gaps])
  return player
}

export function PlayerProvider({ player, children }: { player: Player; children: ReactNode }) {
  return <PlayerContext value={player}>{children}</PlayerContext>
}

export function useThePlayer(): Player {
  const player = useContext(PlayerContext)
  if (!player) throw new Error('useThePlayer outside PlayerProvider')
  return player
}

export function usePlayerState(): PlayerState {
  const player = useThePlayer()
  return useSyncExternalStore(player.onState, player.getState)
}

/** What `of` makes of the place; drawn anew only when that changes. */
export function usePlace<T extends number | boolean>(of: (at: number) => T): T {
  const player = useThePlayer()
  return useSyncExternalStore(player.onPlace, () => of(player.at))
}
