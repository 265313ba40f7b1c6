import { expect, test } from 'vitest'
import { DEFAULTS } from '../config/defaults.ts'
import type { Config } from '../config/schema.ts'
import type { Interactions } from '../dataset.ts'
import { logFromLists } from '../train/synthetic-log.ts'
import { triesLongNetwork, triesSequence } from './choose-second.ts'
import { type PipelineSettings, resolveSettings } from './settings.ts'

const ordered = (rows: number): Interactions => ({
  ...logFromLists([], 1),
  item: new Int32Array(rows),
  order: 'order',
})

function settingsOf(effort: Config['training']['effort'], enabled: boolean | 'auto'): PipelineSettings {
  return resolveSettings({ ...DEFAULTS, training: { effort }, sequence: { ...DEFAULTS.sequence, enabled } })
}

test('a sequence encoder is tried by itself only where a thorough look is asked for, on ordered logs neither small nor long', () => {
  const thorough = settingsOf('thorough', DEFAULTS.sequence.enabled)
  expect(triesSequence(ordered(20_000), thorough)).toBe(true)
  expect(triesSequence(ordered(600_000), thorough)).toBe(true)
  expect(triesSequence(ordered(19_999), thorough)).toBe(false)
  expect(triesSequence(ordered(600_001), thorough)).toBe(false)
  expect(triesSequence({ ...ordered(20_000), order: 'none' }, thorough)).toBe(false)
  expect(triesSequence(ordered(20_000), settingsOf('auto', 'auto'))).toBe(false)
  expect(triesSequence(ordered(20_000), settingsOf('thorough', false))).toBe(false)
})

test('asked for, it is tried on long logs too, and trained once for their lists', () => {
  const asked = settingsOf('auto', true)
  expect(triesSequence(ordered(600_001), asked)).toBe(true)
  expect(triesLongNetwork(ordered(600_001), asked)).toBe(true)
  expect(triesLongNetwork(ordered(600_000), asked)).toBe(false)
  expect(triesLongNetwork(ordered(600_001), settingsOf('thorough', 'auto'))).toBe(false)
})
