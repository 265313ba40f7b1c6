import { describe, expect, test } from 'vitest'
import { resolveTier } from './tiers.ts'

const DESKTOP = { tier: 'auto', saveData: false, device: 3 } as const
const HINTS = { deviceMemoryGb: 8, cores: 8 }

describe('resolveTier', () => {
  test('takes the tier that the page chose, whatever the device', () => {
    expect(resolveTier({ ...DESKTOP, tier: 'saver' }, HINTS).name).toBe('saver')
    expect(resolveTier({ ...DESKTOP, tier: 'desktop', saveData: true }, HINTS).name).toBe('desktop')
  })

  test('is frugal where the visitor saves data, unless the page chose a tier', () => {
    const dear = { ...DESKTOP, saveData: true } as const
    expect([resolveTier(dear, HINTS), resolveTier(DESKTOP, HINTS)].map(({ isFrugal }) => isFrugal)).toEqual([
      true,
      false,
    ])
    expect(resolveTier({ ...dear, tier: 'phone' }, HINTS).isFrugal).toBe(false)
  })

  test.each([
    ['a desktop computer', DESKTOP, HINTS, 'desktop'],
    ['one that does not tell its memory', DESKTOP, { ...HINTS, deviceMemoryGb: undefined }, 'desktop'],
    ['Save-Data', { ...DESKTOP, saveData: true }, HINTS, 'saver'],
    ['1 GB of memory', DESKTOP, { ...HINTS, deviceMemoryGb: 1 }, 'saver'],
    ['2 GB of memory', DESKTOP, { ...HINTS, deviceMemoryGb: 2 }, 'phone'],
    ['one core', DESKTOP, { ...HINTS, cores: 1 }, 'phone'],
    ['a phone', { ...DESKTOP, device: 1 }, HINTS, 'phone'],
    ['a tablet', { ...DESKTOP, device: 2 }, HINTS, 'phone'],
  ] as const)('suits %s', (_what, options, hints, expected) => {
    expect(resolveTier(options, hints).name).toBe(expected)
  })
})
