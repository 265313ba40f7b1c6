import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { formatPages } from './format-pages.ts'
import { contractSources, stalePages } from './generate-formats.ts'
import { ROOT } from './project-files.ts'

const OBJECT_FILE = `
/** Kinds. */
export const OBJECT_KIND = { apple: 1, pear: 2 } as const
/**
 * Writes an object file.
 *
 * | offset | field |
 * | ------ | ----- |
 * @throws RecError \`shard-malformed\`
 */
export function encodeObject() {}
`
const APPLE = `
/** A fruit. */
export type Apple = {
  /** Grams. */
  readonly weight: number
}
/**
 * Apple object.
 *
 * | section | content |
 * | ------- | ------- |
 * | 1       | weight  |
 */
export function encodeApple(apple: Apple) {
  return encodeObject(OBJECT_KIND.apple, apple)
}
/** Reads it. @throws RecError */
export function decodeApple() {}
`
const sources = (apple: string) =>
  new Map([
    ['apple.ts', apple],
    ['object-file.ts', OBJECT_FILE],
  ])

describe('formatPages', () => {
  test('makes a page of the encoder’s docstring and the exported types', () => {
    const page = formatPages(sources(APPLE)).get('apple.md') ?? ''
    expect(page).toContain('# Apple object\n\nKind 1 of the [object file](object-file.md)')
    expect(page).toContain('| section | content |\n| ------- | ------- |\n| 1       | weight  |\n')
    expect(page).toContain('## `Apple`\n\nA fruit.\n\n```ts\nexport type Apple = {\n  /** Grams. */\n')
    expect(page).not.toContain('decodeApple')
    expect(page).not.toContain('Apple object.')
  })

  test('lists every kind, with or without an encoder', () => {
    const index = formatPages(sources(APPLE)).get('README.md')
    expect(index).toContain('| 1 | [apple](apple.md) | `contract/apple.ts` |')
    expect(index).toContain('| 2 | pear | no encoder in contract/ |')
  })

  test('leaves tags out of prose', () => {
    expect(formatPages(sources(APPLE)).get('object-file.md')).not.toContain('@throws')
  })

  test('refuses an encoder without a layout table', () => {
    expect(() => formatPages(sources(APPLE.replaceAll('| section |', '| part |')))).toThrow('no layout table')
  })

  test('refuses sources in which it finds nothing', () => {
    expect(() => formatPages(new Map())).toThrow('no object format')
    expect(() => formatPages(sources(''))).toThrow('no object format')
  })

  test('finds the formats of contract/', () => {
    const pages = formatPages(contractSources(ROOT))
    for (const name of [
      'vectors',
      'voters',
      'columns',
      'cards',
      'shard-table',
      'gramian',
      'trees',
      'manifest',
      'pointer',
    ])
      expect([...pages.keys()]).toContain(`${name}.md`)
  })
})

describe('stalePages', () => {
  let folder = ''

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'formats-'))
  })

  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  test('names a page that differs, one that is missing and one that is left over', () => {
    writeFileSync(join(folder, 'same.md'), 'x')
    writeFileSync(join(folder, 'differs.md'), 'old')
    writeFileSync(join(folder, 'left-over.md'), 'x')
    const pages = new Map([
      ['same.md', 'x'],
      ['differs.md', 'new'],
      ['missing.md', 'x'],
    ])
    expect(stalePages(folder, pages)).toEqual(['differs.md', 'left-over.md', 'missing.md'])
  })

  test('names every page of a folder that does not exist', () => {
    expect(stalePages(join(folder, 'absent'), new Map([['a.md', 'x']]))).toEqual(['a.md'])
  })
})
