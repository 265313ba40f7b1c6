import { describe, expect, test } from 'vitest'
import { checkWords, findWords } from './check-words.ts'
import { ROOT } from './project-files.ts'

const TASK = ['TO', 'DO'].join('')

describe('findWords', () => {
  test('finds a path of one machine, a registry and a task that no issue answers for', () => {
    const text = [`cd /${'home'}/ann`, `https://registry.npm${'js'}.org/x`, `// ${TASK}: later`].join('\n')
    expect(findWords(text).map((line) => line.split(': ')[1])).toEqual([
      'a path of one machine',
      'a registry host',
      'a task mark without an issue',
    ])
  })

  test('accepts a task with its issue, an address and a path inside a longer one', () => {
    expect(findWords(`// ${TASK}(#12): drop it\nhttps://example.org/home/page\n./work/item`)).toEqual([])
  })

  test('reads no file in a folder of binaries, so the caller can fail', () => {
    expect(checkWords(`${ROOT}/tools/types/nothing-here-but-this-name`.replace(/[/][^/]*$/, '')).fileCount).toBe(1)
  })
})
