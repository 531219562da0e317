/** Who is heard. In: a choice. Out: how much of each leg goes to the left and to the right ear. */

export type Heard = 'both' | 0 | 1

/** `[leg][ear]`. One leg alone is heard on both ears. */
export function mixOf(heard: Heard): [[number, number], [number, number]] {
  if (heard === 0) {
    return [
      [1, 1],
      [0, 0],
    ]
  }
  if (heard === 1) {
    return [
      [0, 0],
      [1, 1],
    ]
  }
  return [
    [1, 0],
    [0, 1],
  ]
}

export interface Mixer {
  hear: (heard: Heard) => void
  wake: () => void
  close: () => void
}

/** Leads an element's two channels through gains of their own. Once led, an element stays so. */
export function mixerOf(element: HTMLAudioElement): Mixer {
  const context = new AudioContext()
  const source = context.createMediaElementSource(element)
  const split = context.createChannelSplitter(2)
  const merge = context.createChannelMerger(2)
  source.connect(split)
  merge.connect(context.destination)
  const gains = [0, 1].map((leg) =>
    [0, 1].map((ear) => {
      const gain = context.createGain()
      split.connect(gain, leg)
      gain.connect(merge, 0, ear)
      return gain
    }),
  )
  return {
    hear: (heard) => {
      mixOf(heard).forEach((ears, leg) => {
        ears.forEach((share, ear) => {
          gains[leg]![ear]!.gain.value = share
        })
      })
    },
    wake: () => void context.resume(),
    close: () => void context.close(),
  }
}
