import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkWords, findWords } from './check-words.ts'

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

  test('reads nothing in a folder that holds only binaries, so the check can fail', () => {
    const folder = mkdtempSync(join(tmpdir(), 'words-'))
    writeFileSync(join(folder, 'kernels.wasm'), '')
    expect(checkWords(folder)).toEqual({ found: [], fileCount: 0 })
    rmSync(folder, { recursive: true })
  })
})
