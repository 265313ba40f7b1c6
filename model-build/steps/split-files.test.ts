import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generateDemoData } from '../demo-data/generate-demo-data.ts'
import { createIo, createWorkspace } from '../publish/testing/tiny-site.ts'
import type { SplitRequest } from './split-files.ts'
import { splitFiles } from './split-files.ts'

describe('splitFiles', () => {
  let dir = ''
  let dispose = async (): Promise<void> => undefined
  beforeAll(async () => {
    ;({ dir, dispose } = await createWorkspace())
    await generateDemoData({ outDir: join(dir, 'shop'), items: 60, users: 60, interactions: 1_000, covers: false })
  })
  afterAll(() => dispose())

  const split = async (method: SplitRequest['method'], fold = 0) => {
    const outDir = join(dir, method)
    const input = {
      interactions: [],
      items: [],
      dataDir: join(dir, 'shop'),
      configFile: undefined,
      overrides: { split: { fold } },
    }
    const { summary } = await splitFiles({ ...input, outDir, method }, createIo())
    const rows = async (name: string) => (await readFile(join(outDir, name), 'utf8')).trim().split('\n').slice(1)
    const [train, test] = [await rows('train.csv'), await rows('test.csv')]
    expect(summary).toMatchObject({ method, trainRows: train.length, testRows: test.length })
    return { train, test }
  }
  const pair = (row: string) => row.split(',').slice(0, 2).join()
  const at = (row: string) => Number(row.split(',')[2])

  test('a file that cannot be written ends the command with its error', async () => {
    await mkdir(join(dir, 'last', 'train.csv'), { recursive: true }) // a folder in the file's place
    await expect(split('last')).rejects.toThrow('EISDIR')
    await rm(join(dir, 'last'), { recursive: true })
  })

  test.each(['time', 'last', 'fraction', 'users', 'items'] as const)(
    'by %s no test row stands in the train file',
    async (method) => {
      const { train, test: found } = await split(method)
      expect(found.length).toBeGreaterThan(0)
      const known = new Set(train.map(pair))
      expect(found.filter((row) => known.has(pair(row)))).toEqual([])
    },
  )

  test('a log without times is not cut at one, and one of single rows not at all', async () => {
    const interactions = join(dir, 'untimed.csv')
    const input = { interactions: [interactions], items: [], dataDir: undefined, configFile: undefined, overrides: {} }
    const cut = (method: SplitRequest['method']) =>
      splitFiles({ ...input, outDir: join(dir, 'untimed'), method }, createIo())
    await writeFile(interactions, 'user_id,item_id\na,1\na,2\nb,1\nb,3\n')
    await expect(cut('time')).rejects.toMatchObject({ code: 'config-invalid' })
    await writeFile(interactions, 'user_id,item_id\na,1\nb,3\n')
    await expect(cut('fraction')).rejects.toMatchObject({ code: 'input-malformed' })
  })

  test('by time every test row is later than every train row', async () => {
    const { train, test: found } = await split('time')
    expect(Math.max(...train.map(at))).toBeLessThanOrEqual(Math.min(...found.map(at)))
  })

  test('by items the tested items stand in no train row', async () => {
    const { train, test: found } = await split('items')
    const item = (row: string) => row.split(',')[1]
    const known = new Set(train.map(item))
    expect(found.filter((row) => known.has(item(row)))).toEqual([])
  })

  test('five folds of users test each user once', async () => {
    const user = (row: string) => row.split(',')[0]
    const folds: Set<string>[] = []
    for (let fold = 0; fold < 5; fold++) folds.push(new Set((await split('users', fold)).test.map(user)))
    const all = folds.flatMap((users) => [...users])
    expect(new Set(all).size).toBe(all.length)
    expect(Math.max(...folds.map(({ size }) => size))).toBe(Math.min(...folds.map(({ size }) => size)))
  })
})
