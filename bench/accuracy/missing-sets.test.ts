import { describe, expect, test } from 'vitest'
import { run } from '../accuracy.bench.ts'

describe('the accuracy bench', () => {
  test.each([[[]], [['--pieces', '12']], [['--order', 'use']]])(
    'says which sets are not there, asked for %j',
    async (options) => {
      const lines: string[] = []
      expect(await run(['--data', 'nowhere', '--sets', 'one,two', ...options], (line) => lines.push(line))).toEqual([])
      expect(lines).toEqual(['nowhere/one is not there; left out', 'nowhere/two is not there; left out'])
    },
  )
})
