import { quasiRandomPoints } from './quasi-random.ts'

/** Values of named hyper-parameters. */
export type Setting<N extends string = string> = Readonly<Record<N, number>>

/** Where one hyper-parameter is looked for. */
export type Range =
  | { readonly scale: 'choice'; readonly values: readonly number[] }
  | { readonly scale: 'linear'; readonly low: number; readonly high: number }
  | {
      readonly scale: 'log'
      readonly low: number
      readonly high: number
      /** No further from the present value than this factor; anywhere where absent. */
      readonly within?: number
      readonly isWhole?: boolean
    }

export type Space<N extends string> = Readonly<Record<N, Range>>

/**
 * iALS. `dim` are multiples of 16, to which a device's scan pads its rows, and cost at most twice the usual bytes; `nu` takes what the format knows. The grid
 * of every build steps by factors of 3, so that alpha0 and reg are looked for around its choice. `reg` is as if nu were 1, see `penaltyFactor`.
 */
export const EMBEDDING_SPACE: Space<'dim' | 'alpha0' | 'reg' | 'nu'> = {
  dim: { scale: 'choice', values: [32, 64, 96, 128] },
  alpha0: { scale: 'log', low: 0.01, high: 10, within: 4 },
  reg: { scale: 'log', low: 0.0001, high: 0.1, within: 4 },
  nu: { scale: 'choice', values: [0, 0.5, 1] },
}

/** The item-to-item solve, around the choice of a grid that steps by factors of 3. */
export const VOTER_SPACE: Space<'lambda'> = {
  lambda: { scale: 'log', low: 0.3, high: 3000, within: 4 },
}

/** Trees of the second stage. */
export const RANKER_SPACE: Space<'leaves' | 'learningRate' | 'minLeafRows' | 'featureFraction'> = {
  leaves: { scale: 'log', low: 4, high: 63, isWhole: true },
  learningRate: { scale: 'log', low: 0.02, high: 0.2 },
  minLeafRows: { scale: 'log', low: 50, high: 2000, isWhole: true },
  featureFraction: { scale: 'linear', low: 0.15, high: 1 },
}

/** The present setting, then points spread evenly over the space; the same seed draws the same. */
export function drawCandidates<N extends string>(
  space: Space<N>,
  present: Setting<N>,
  { count, seed }: { readonly count: number; readonly seed: number },
): Setting<N>[] {
  const names = Object.keys(space) as N[] // the keys of a Space<N>
  const points = quasiRandomPoints(count - 1, names.length, seed)
  const settings = points.map((point) => {
    const values = names.map((name, j) => [name, valueAt(space[name], point[j], present[name])] as const)
    return Object.fromEntries(values) as Setting<N> // has every name
  })
  return [present, ...settings]
}

/** The value at a place in [0, 1) of a range, to four digits: settings are read by people. */
function valueAt(range: Range, at: number, present: number): number {
  if (range.scale === 'choice') return range.values[Math.floor(at * range.values.length)]
  if (range.scale === 'linear') return Number((range.low + at * (range.high - range.low)).toPrecision(4))
  const low = Math.max(range.low, present / (range.within ?? Number.POSITIVE_INFINITY))
  const high = Math.min(range.high, present * (range.within ?? Number.POSITIVE_INFINITY))
  const value = low * Math.max(1, high / low) ** at
  return range.isWhole === true ? Math.round(value) : Number(value.toPrecision(4))
}
