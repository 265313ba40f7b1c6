import type { EngineOptions, TierName } from '#contract/rpc'

const KB = 1_000
const MB = 1_000_000

/** What a device may hold and run; DESIGN section 4. */
export type Tier = {
  readonly name: TierName
  readonly residentItems: number
  readonly storedBytes: number
  /** Bytes of graphs that may be resident beside the catalogue. */
  readonly graphBytes: number
  readonly onnx: boolean
  /** The visitor's bytes are dear: nothing beyond the head and what is new is fetched. */
  readonly isFrugal: boolean
}

type Sizes = Omit<Tier, 'isFrugal'>

const TIERS: Readonly<Record<TierName, Sizes>> = {
  saver: { name: 'saver', residentItems: 8_000, storedBytes: 1_300 * KB, graphBytes: 0, onnx: false },
  phone: { name: 'phone', residentItems: 50_000, storedBytes: 9 * MB, graphBytes: 0, onnx: true },
  desktop: { name: 'desktop', residentItems: 250_000, storedBytes: 42 * MB, graphBytes: 110 * MB, onnx: true },
}

const PHONE = 1
const TABLET = 2

/** The tier a page asked for, or the one its hints suggest. */
export function resolveTier(
  options: Pick<EngineOptions, 'tier' | 'saveData' | 'device'>,
  hints: { readonly deviceMemoryGb: number | undefined; readonly cores: number },
): Tier {
  if (options.tier !== 'auto') return { ...TIERS[options.tier], isFrugal: false }
  return { ...TIERS[suit(options, hints)], isFrugal: options.saveData }
}

function suit(
  options: Pick<EngineOptions, 'saveData' | 'device'>,
  hints: { readonly deviceMemoryGb: number | undefined; readonly cores: number },
): TierName {
  const memory = hints.deviceMemoryGb ?? (options.device === PHONE ? 4 : 8)
  if (options.saveData || memory <= 1) return 'saver'
  if (options.device === PHONE || options.device === TABLET || memory < 4 || hints.cores <= 1) return 'phone'
  return 'desktop'
}
