import type { Run } from './runs.ts'

/** One number of two runs; a missing one is null. */
export type Compared = { readonly name: string; readonly a: number | null; readonly b: number | null }

/** Two runs side by side. */
export type RunComparison = {
  readonly isSameData: boolean
  readonly isSameRelease: boolean
  /** Settings that differ, as `section.name`. */
  readonly settings: readonly { readonly name: string; readonly a: unknown; readonly b: unknown }[]
  readonly numbers: readonly Compared[]
}

/** What differs between two runs, and what came of it. */
export function compareRuns(a: Run, b: Run): RunComparison {
  const [left, right] = [settingsOf(a.config), settingsOf(b.config)]
  const settings = [...new Set([...left.keys(), ...right.keys()])]
    .map((name) => ({ name, a: left.get(name), b: right.get(name) }))
    .filter((entry) => JSON.stringify(entry.a) !== JSON.stringify(entry.b))
  const names = [...new Set([...Object.keys(a.metrics), ...Object.keys(b.metrics)])].sort()
  const total = ({ steps }: Run, of: 'wallMs' | 'cpuMs') => steps.reduce((sum, step) => sum + step[of], 0)
  const numbers = [
    ...names.map((name) => ({ name, a: a.metrics[name] ?? null, b: b.metrics[name] ?? null })),
    { name: 'bytes', a: a.sizeBytes, b: b.sizeBytes },
    { name: 'clock ms', a: total(a, 'wallMs'), b: total(b, 'wallMs') },
    { name: 'processor ms', a: total(a, 'cpuMs'), b: total(b, 'cpuMs') },
  ]
  return { isSameData: a.dataHash === b.dataHash, isSameRelease: a.manifest === b.manifest, settings, numbers }
}

function settingsOf(config: object, path = ''): Map<string, unknown> {
  return new Map(
    Object.entries(config).flatMap(([key, value]) => {
      const name = path === '' ? key : `${path}.${key}`
      const isTable = typeof value === 'object' && value !== null && !Array.isArray(value)
      return isTable ? [...settingsOf(value, name)] : [[name, value] as const]
    }),
  )
}
