import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { describeBench } from './describe-bench.ts'

test('the comment that a file begins with loses its stars', () => {
  const source = '/**\n * How fast.\n *\n * --runs 3   of each\n */\nimport {} from "x"\n/** Other. */\n'
  expect(describeBench(source)).toBe('How fast.\n\n--runs 3   of each')
  expect(describeBench('/** One line. */\n')).toBe('One line.')
  expect(describeBench('import {} from "x"\n/** Other. */\n')).toBe('')
})

test('every bench says what it measures', () => {
  const folder = join(import.meta.dirname, '..')
  const names = readdirSync(folder).filter((name) => name.endsWith('.bench.ts'))
  const said = names.map((name) => describeBench(readFileSync(join(folder, name), 'utf8')))
  expect(names.length).toBeGreaterThan(5)
  for (const text of said) expect(text).toMatch(/^[A-Z].+/)
})
