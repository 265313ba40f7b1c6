import { describe, expect, test } from 'vitest'
import type { ChannelPointer } from '#contract/pointer'
import { chooseArm, drawOf } from './canary.ts'

const WEEK_MS = 7 * 86_400_000
const POINTER: ChannelPointer = {
  v: 1,
  site: 'shop',
  channel: 'live',
  sequence: 65_537,
  manifest: 'main-hash',
  canary: { manifest: 'canary-hash', share: 0.1 },
  issuedAt: '2026-11-20T00:00:00.000Z',
}

describe('drawOf', () => {
  test('keeps a draw within its epoch of 7 days and draws anew in the next', () => {
    const first = drawOf(null, 3 * WEEK_MS, () => 0.4)
    expect(drawOf(first, 4 * WEEK_MS - 1, () => 0.9)).toBe(first)
    expect(drawOf(first, 4 * WEEK_MS, () => 0.9)).toEqual({ epoch: 4, uniform: 0.9 })
  })
})

describe('chooseArm', () => {
  test('gives the canary to draws below its share', () => {
    expect(chooseArm(POINTER, { epoch: 1, uniform: 0.0999 })).toEqual({ arm: 'canary', manifest: 'canary-hash' })
    expect(chooseArm(POINTER, { epoch: 1, uniform: 0.1 })).toEqual({ arm: 'main', manifest: 'main-hash' })
  })

  test('gives everybody the main release where there is no canary', () => {
    expect(chooseArm({ ...POINTER, canary: null }, { epoch: 1, uniform: 0 }).arm).toBe('main')
  })
})
