import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from './project-files.ts'

const TABLES = readFileSync(join(ROOT, 'docs', 'engine.md'), 'utf8')

/** Each title with the file that is named before it. */
function titles(): { readonly file: string; readonly title: string }[] {
  const found: { file: string; title: string }[] = []
  let file = ''
  for (const [, name, title] of TABLES.matchAll(/`(e2e\/[\w-]+\.spec\.ts)`|"([^"\n|]+)"/g)) {
    if (name !== undefined) file = name
    else if (title !== undefined && /[ …]/.test(title) && file !== '') found.push({ file, title })
  }
  return found
}

test('every test that docs/engine.md names is there', () => {
  const all = titles()
  expect(all.length).toBeGreaterThan(25)
  const missing = all.filter(({ file, title }) => {
    const source = readFileSync(join(ROOT, file), 'utf8')
    const parts = title.replace(/ gives the same list$/, '').split(' … ') // what a table of cases fills in
    return !parts.every((part) => source.includes(part))
  })
  expect(missing).toEqual([])
})
