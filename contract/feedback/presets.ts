/** A privacy budget: what one report may say and how many reports a device may send. */
export type Preset = {
  /** Epsilon of local differential privacy of one report. */
  readonly epsilon: number
  readonly perDay: number
  /** Reports in any 28 days in a row; times epsilon, the most that all of them together say. */
  readonly per28Days: number
}

/** The budgets, weakest disclosure first. They are compiled in: a server may choose one below the page's ceiling and change none. */
export const PRESETS = {
  strict: { epsilon: 1, perDay: 1, per28Days: 4 },
  standard: { epsilon: 2, perDay: 1, per28Days: 8 },
} as const satisfies Record<string, Preset>

export type PresetName = keyof typeof PRESETS

const ORDER: readonly PresetName[] = ['strict', 'standard']

/** Whether a value names a preset. */
export function isPresetName(value: unknown): value is PresetName {
  return value === 'strict' || value === 'standard'
}

/** Whether a preset says no more than a ceiling allows. */
export function isWithinPreset(preset: PresetName, ceiling: PresetName): boolean {
  return ORDER.indexOf(preset) <= ORDER.indexOf(ceiling)
}
