import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ROOT } from '../project-files.ts'
import { withLock } from './lock.mjs'
import { isNewEnough } from './node.mjs'

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'launcher-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

describe('isNewEnough', () => {
  test.each([
    ['v20.20.2', false],
    ['v22.17.1', false],
    ['v22.18.0', true],
    ['v24.0.0', true],
  ])('%s: %s', (version, expected) => {
    expect(isNewEnough(version)).toBe(expected)
  })
})

describe('withLock', () => {
  test('lets one in at a time', async () => {
    let inside = 0
    let most = 0
    const work = async (): Promise<void> => {
      most = Math.max(most, ++inside)
      await new Promise((done) => setImmediate(done))
      inside--
    }
    await Promise.all([1, 2, 3].map(() => withLock(join(directory, 'lock'), work)))
    expect(most).toBe(1)
  })

  test('takes over the lock of an owner that died', async () => {
    const gone = spawnSync(process.execPath, ['--version']).pid
    mkdirSync(join(directory, 'lock'))
    writeFileSync(join(directory, 'lock', 'pid'), String(gone))
    expect(await withLock(join(directory, 'lock'), async () => 'mine')).toBe('mine')
  })

  test('gives the lock back when the work fails', async () => {
    const lock = join(directory, 'lock')
    await expect(withLock(lock, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await withLock(lock, async () => 'next')).toBe('next')
  })
})

describe('run.mjs', () => {
  const run = (code: string, ...args: string[]) => {
    const file = join(directory, 'probe.ts')
    writeFileSync(file, code)
    return spawnSync(process.execPath, [join(ROOT, 'tools', 'run.mjs'), file, ...args], { encoding: 'utf8' })
  }

  test('passes arguments and leaves stdout to the program', () => {
    const { stdout } = run('const all: string[] = process.argv.slice(2); console.log(JSON.stringify(all))', 'a', 'b c')
    expect(stdout).toBe('["a","b c"]\n')
  })

  test('ends with the exit code of the program', () => {
    expect(run('process.exit(7)').status).toBe(7)
  })

  test('dies of the signal that the program died of', () => {
    expect(run('process.kill(process.pid, "SIGTERM"); setTimeout(() => {}, 10_000)').signal).toBe('SIGTERM')
  })
})
