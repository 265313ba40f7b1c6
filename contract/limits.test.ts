import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isHash, isItemId, isSiteName, LIMITS, utf8Length } from './limits.ts'

describe('isSiteName', () => {
  test.each(['a', 'demo-shop', '7', 'a--b', 'a'.repeat(64)])('accepts %s', (name) => {
    expect(isSiteName(name)).toBe(true)
  })

  test.each(['', '-a', 'a-', 'A', 'a.b', 'a/b', '..', 'a b', 'ä', 'a\n', 'a'.repeat(65)])('refuses %j', (name) => {
    expect(isSiteName(name)).toBe(false)
  })
})

describe('isHash', () => {
  test('accepts 64 lower-case hex digits alone', () => {
    expect(isHash('0123456789abcdef'.repeat(4))).toBe(true)
    for (const wrong of [
      '',
      'a'.repeat(63),
      'a'.repeat(65),
      'A'.repeat(64),
      'g'.repeat(64),
      `${'a'.repeat(64)}\n`,
      7,
      null,
    ])
      expect(isHash(wrong)).toBe(false)
  })
})

describe('isItemId', () => {
  test.each(['7', '007', ' ', 'ä', '三体', '🪐', 'a/b?c#d', 'é'.repeat(64), 'x'.repeat(128)])('accepts %s', (id) => {
    expect(isItemId(id)).toBe(true)
  })

  test.each([
    '',
    'a\n',
    '\0',
    'a\u007f',
    '\ud800',
    'a\udc00b',
    'x'.repeat(129),
    'é'.repeat(65),
    '🪐'.repeat(33),
    7,
    null,
  ])('refuses %j', (id) => {
    expect(isItemId(id)).toBe(false)
  })

  test('accepts only what survives UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        if (isItemId(text)) expect(Buffer.from(text, 'utf8').toString('utf8')).toBe(text)
        expect(utf8Length(text)).toBe(Buffer.byteLength(text))
      }),
      { seed: 20_261_120, numRuns: 300 },
    )
  })
})

test('utf8Length counts a lone surrogate as the replacement character', () => {
  expect(utf8Length('\ud800')).toBe(new TextEncoder().encode('\ud800').length)
})

test('limits fit the formats that carry them', () => {
  expect(LIMITS.cellItems).toBeLessThanOrEqual(0xffff)
  expect(LIMITS.votersPerItem).toBeLessThanOrEqual(0xff)
  expect(LIMITS.tagsPerItem).toBeLessThanOrEqual(0xff)
  expect(LIMITS.objectSections).toBeLessThanOrEqual(0xffff)
})
