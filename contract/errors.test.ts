import { describe, expect, test } from 'vitest'
import { ERROR_CODES, errorFromWire, isErrorCode, RecError, toRecError } from './errors.ts'

describe('ERROR_CODES', () => {
  test.each(Object.entries(ERROR_CODES))('%s is kebab-case, has an HTTP error status and helps', (code, row) => {
    expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/)
    expect(row.status).toBeGreaterThanOrEqual(400)
    expect(row.status).toBeLessThan(600)
    expect(['no', 'later', 'after-fix']).toContain(row.retry)
    expect(row.help).toMatch(/^[A-Z].*[.?]$/)
  })

  test('knows its own codes alone', () => {
    expect(Object.keys(ERROR_CODES).every(isErrorCode)).toBe(true)
    expect([undefined, 7, '', 'toString', '__proto__', 'nope'].some(isErrorCode)).toBe(false)
  })
})

describe('an error that crosses a thread', () => {
  test('keeps code, message and detail through a structured clone', () => {
    const wire = structuredClone(new RecError('hash-mismatch', 'wrong bytes', { sizeBytes: 7 }).toWire())
    expect(wire).toEqual({ v: 1, code: 'hash-mismatch', message: 'wrong bytes', detail: { sizeBytes: 7 } })
    const back = errorFromWire(wire)
    expect(back).toBeInstanceOf(RecError)
    expect(back.toWire()).toEqual(wire)
  })

  test.each([null, undefined, 'text', {}, { code: 'nope' }, { code: 7 }, []])('becomes internal from %j', (value) => {
    expect(errorFromWire(value).code).toBe('internal')
  })

  test('gets its code for a message and an empty detail where they are missing', () => {
    expect(errorFromWire({ code: 'not-ready', message: 7, detail: null }).toWire()).toEqual({
      v: 1,
      code: 'not-ready',
      message: 'not-ready',
      detail: {},
    })
  })
})

describe('toRecError', () => {
  test('passes a RecError unchanged', () => {
    const error = new RecError('conflict', 'x')
    expect(toRecError(error, 'internal')).toBe(error)
  })

  test('wraps anything else with the fallback code and the value as its cause', () => {
    const cause = new TypeError('bad')
    expect(toRecError(cause, 'storage-refused')).toMatchObject({ code: 'storage-refused', message: 'bad', cause })
    expect(toRecError('text')).toMatchObject({ code: 'internal', message: 'text', cause: 'text' })
  })
})
