import { describe, expect, test } from 'vitest'
import { RecError } from './errors.ts'
import { CANARY_SHARES, parseSignedPointer, pointerBytes, publicationOf, SEQUENCE_STEPS, STEP } from './pointer.ts'
import { samplePointer } from './sample-documents.conformance.ts'

function codeOf(value: unknown): string {
  try {
    parseSignedPointer(value)
    return 'accepted'
  } catch (thrown) {
    return thrown instanceof RecError ? thrown.code : `crashed: ${thrown}`
  }
}

describe('pointerBytes', () => {
  test('gives the signed text whatever the order of keys and whatever else the object carries', () => {
    const text =
      '["pocketshelf-pointer",1,"demo-shop","main",65537,' +
      `"${'ab'.repeat(32)}",["${'cd'.repeat(32)}",0.05],"2026-11-20T10:00:00.000Z"]`
    const reversed = Object.fromEntries(Object.entries(samplePointer()).reverse())
    expect(new TextDecoder().decode(pointerBytes(samplePointer()))).toBe(text)
    expect(pointerBytes(parseSignedPointer(reversed))).toEqual(pointerBytes(samplePointer()))
  })

  test('writes null where there is no canary', () => {
    const text = new TextDecoder().decode(pointerBytes({ ...samplePointer(), canary: null }))
    expect(text).toContain(`"${'ab'.repeat(32)}",null,`)
  })

  test('changes with every signed field', () => {
    const changes = [
      { site: 'x' },
      { channel: 'x' },
      { sequence: 65_538 },
      { manifest: 'ef'.repeat(32) },
      { canary: { manifest: 'cd'.repeat(32), share: 0.1 } },
      { canary: { manifest: 'ce'.repeat(32), share: 0.05 } },
      { issuedAt: '2026-11-20T10:00:00.001Z' },
    ]
    const texts = [{}, ...changes].map((change) =>
      new TextDecoder().decode(pointerBytes({ ...samplePointer(), ...change })),
    )
    expect(new Set(texts).size).toBe(changes.length + 1)
  })
})

describe('parseSignedPointer', () => {
  test('returns the known fields and drops unknown ones', () => {
    expect(parseSignedPointer({ ...samplePointer(), later: 1 })).toEqual(samplePointer())
  })

  test('takes a missing canary for none', () => {
    const { canary: _dropped, ...rest } = samplePointer()
    expect(parseSignedPointer(rest).canary).toBeNull()
    expect(parseSignedPointer({ ...rest, canary: null }).canary).toBeNull()
  })

  test('refuses every field that is missing or of a wrong type', () => {
    const keys = Object.keys(samplePointer())
    for (const key of keys)
      for (const value of [undefined, 7, 'x', true, [], {}]) {
        if (key === 'canary' && value === undefined) continue
        if (key === 'channel' && value === 'x') continue
        if (key === 'site' && value === 'x') continue
        expect(codeOf({ ...samplePointer(), [key]: value }), `${key}: ${value}`).toBe('pointer-malformed')
      }
    expect(keys).toHaveLength(9)
  })

  test.each<[string, unknown]>([
    ['v', 2],
    ['site', 'Upper'],
    ['site', 'a/b'],
    ['channel', `${'a'.repeat(65)}`],
    ['sequence', SEQUENCE_STEPS - 1],
    ['sequence', 65_536.5],
    ['sequence', 2 ** 53],
    ['manifest', 'AB'.repeat(32)],
    ['canary', { manifest: 'cd'.repeat(32), share: 0 }],
    ['canary', { manifest: 'cd'.repeat(32), share: 1 }],
    ['canary', { manifest: 'cd', share: 0.5 }],
    ['issuedAt', '20 November 2026'],
    ['issuedAt', '2026-11-20'],
    ['issuedAt', '2026-13-20T10:00:00Z'],
    ['keyId', 'short'],
    ['signature', `${'A'.repeat(85)}=`],
  ])('refuses %s = %j', (key, value) => {
    expect(codeOf({ ...samplePointer(), [key]: value })).toBe('pointer-malformed')
  })

  test.each([null, undefined, 3, 'text', []])('refuses %j, which is no document', (value) => {
    expect(codeOf(value)).toBe('pointer-malformed')
  })
})

describe('sequences', () => {
  test('of a publication rise from its first canary to its rollback and stay below the next publication', () => {
    const steps = Object.values(STEP)
    expect(steps).toEqual([...steps].sort((a, b) => a - b))
    expect(Math.max(...steps)).toBeLessThan(SEQUENCE_STEPS)
    expect(publicationOf(3 * SEQUENCE_STEPS + STEP.rollback)).toBe(3)
    expect(publicationOf(4 * SEQUENCE_STEPS)).toBe(4)
  })

  test('have a share for every canary step and for no other', () => {
    expect(CANARY_SHARES).toEqual({ canary5: 0.05, canary10: 0.1, canary25: 0.25, canary50: 0.5 })
  })
})
