import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { resolveConfig } from '../config/resolve-config.ts'
import { generateDemoData } from '../demo-data/generate-demo-data.ts'
import { loadModel } from '../device/resident-model.ts'
import { currentParts, readStoredCells } from '../incremental/stored-cells.ts'
import { createIo, createWorkspace } from '../publish/testing/tiny-site.ts'
import { readRuns } from '../registry/runs.ts'
import { readObject, readReleaseDir } from '../release/release-dir.ts'
import { buildRelease } from './build-release.ts'
import { evaluateRelease } from './evaluate-files.ts'
import { incrementRelease } from './increment-release.ts'
import { readInputs } from './read-inputs.ts'
import { reproduceRun } from './reproduce-run.ts'
import { updateRelease } from './update-release.ts'

const CONFIG = `[embedding]
dimensions = 8
sweeps = 3
[ranker]
trees = 4
leaves = 4
maxQueries = 60
[release]
cellItems = 80
minSupport = 2
`

const ITEMS = 300

let dir = ''
let dispose = async (): Promise<void> => undefined
let config = ''
let rows: string[] = []
let items: string[] = []

beforeAll(async () => {
  ;({ dir, dispose } = await createWorkspace())
  config = join(dir, 'pocketshelf.toml')
  await writeFile(config, CONFIG)
  await generateDemoData({ outDir: dir, items: ITEMS, users: 300, interactions: 5_000, covers: false })
  rows = (await readFile(join(dir, 'interactions.csv'), 'utf8')).trimEnd().split('\n')
  items = (await readFile(join(dir, 'items.csv'), 'utf8')).trimEnd().split('\n')
  const [head = '', ...log] = rows
  rows = [head, ...log.sort((a, b) => Number(a.split(',')[2]) - Number(b.split(',')[2]))]
  await build('base', rows.slice(0, -80))
})
afterAll(() => dispose())

async function inputsOf(name: string, log: readonly string[], catalogue = items) {
  const [logFile, itemFile] = ['log.csv', 'catalogue.csv'].map((file) => join(dir, `${name}-${file}`))
  await writeFile(logFile, `${log.join('\n')}\n`)
  await writeFile(itemFile, `${catalogue.join('\n')}\n`)
  return { interactions: [logFile], items: [itemFile] }
}

async function build(name: string, log: readonly string[], { incremental = false, catalogue = items } = {}) {
  const io = createIo()
  const inputs = { ...(await inputsOf(name, log, catalogue)), dataDir: undefined }
  const request = { configFile: config, overrides: {}, ...inputs, outDir: join(dir, name), keysDir: undefined }
  const { summary } = await buildRelease({ ...request, incremental }, io)
  return { summary, warnings: io.warnings }
}

/** Why a folder's release cannot be gone on from with a log. */
async function refusal(name: string, log: readonly string[]): Promise<string> {
  const files = await inputsOf(name, log)
  const resolved = await resolveConfig(config, {})
  const { dataset } = await readInputs(files, resolved, null, createIo())
  const parts = { outDir: join(dir, name), config: resolved, keys: null, inputs: { files, dataHash: '' } }
  const found = await incrementRelease(dataset, parts, createIo())
  return 'fullBecause' in found ? found.fullBecause : 'nothing'
}

/** A copy of the full build, and what an increment makes of it. */
async function increment(name: string, log: readonly string[], options: { catalogue?: string[] } = {}) {
  await cp(join(dir, 'base'), join(dir, name), { recursive: true })
  return build(name, log, { ...options, incremental: true })
}

async function open(name: string) {
  const stored = await readReleaseDir(join(dir, name))
  const { table, cells } = await readStoredCells(join(dir, name), stored.manifest)
  return { ...stored, table, cells }
}

describe('an incremental build', () => {
  test('patches the items that moved and keeps every other row and object bit for bit', async () => {
    const { summary, warnings } = await increment('next', rows)
    expect(warnings.filter((text) => text.startsWith('full build'))).toEqual([])
    const [before, after] = [await open('base'), await open('next')]
    expect(summary).toMatchObject({ incremental: true, publication: 2, freshItems: 0, removedItems: 0 })
    const patched = new Set(after.cells.flatMap(({ patch }) => Array.from(patch?.parts.columns.itemNos ?? [])))
    expect(patched.size).toBe(summary.movedItems)
    expect(patched.size).toBeGreaterThan(5)
    expect(patched.size).toBeLessThan(80)
    expect(after.manifest.spaces[0].scales).toEqual(before.manifest.spaces[0].scales)
    expect(after.manifest.spaces[0].spaceId).toBe(before.manifest.spaces[0].spaceId)
    expect(after.manifest.rankers).toEqual(before.manifest.rankers)
    before.table.cells.forEach(({ objects }, c) => {
      const { patch: _patch, ...own } = after.table.cells[c]?.objects ?? objects
      expect(own).toEqual(objects)
    })
    let same = 0
    let other = 0
    before.cells.forEach((cell, c) => {
      const now = currentParts(after.cells[c] ?? cell)
      const { dim, quantised } = cell.vectors[0] ?? { dim: 0, quantised: new Int8Array() }
      const rowOf = (vectors: Int8Array | undefined, row: number) => vectors?.slice(row * dim, (row + 1) * dim).join()
      cell.columns.itemNos.forEach((itemNo, row) => {
        const isSame = rowOf(quantised, row) === rowOf(now.vectors[0]?.quantised, row)
        if (patched.has(itemNo)) other += isSame ? 0 : 1
        else same += isSame ? 1 : 0
      })
    })
    expect(same).toBe(ITEMS - patched.size)
    expect(other).toBeGreaterThan(patched.size / 2)
  })

  test('is a whole release for a device, gives the same bytes again, and is in the register', async () => {
    await increment('again', rows)
    const [one, two] = [await open('next'), await open('again')]
    expect(two.file.manifest).toBe(one.file.manifest)
    const bytes = new Map<string, Uint8Array>()
    for (const hash of one.file.objects) bytes.set(hash, await readObject(join(dir, 'next'), hash))
    expect(loadModel(one.manifest, (hash) => bytes.get(hash)).catalogue.rowCount).toBe(ITEMS)
    const [, run] = await readRuns(join(dir, 'next'))
    expect(run).toMatchObject({ publication: 2, learntFrom: 'files and the release before' })
    const reproduced = reproduceRun({ outDir: join(dir, 'next'), id: 'last' }, createIo())
    await expect(reproduced).rejects.toMatchObject({ code: 'input-malformed' })
  })

  test('is measured as it stands by `evaluate --release`, which fits nothing', async () => {
    const train = await inputsOf('known', rows.slice(0, -400))
    const test = await inputsOf('asked', [rows[0] ?? '', ...rows.slice(-400)])
    const files = { train: train.interactions, test: test.interactions, items: train.items }
    const [perUserFile, rankingsFile] = ['per-user.jsonl', 'rankings.jsonl'].map((name) => join(dir, name))
    const request = { configFile: config, overrides: {}, ...files, cutoffs: [20], perUserFile, rankingsFile }
    const { summary } = await evaluateRelease(join(dir, 'next'), request, createIo())
    const ndcg = (method: unknown) => (method as Record<string, number>)['ndcg@20'] ?? 0 // metrics by name
    expect(ndcg(summary.model)).toBeGreaterThan(0.02)
    expect(ndcg(summary.popularity)).toBeGreaterThan(0)
    const lines = async <T>(file: string) =>
      (await readFile(file, 'utf8'))
        .trim()
        .split('\n')
        .map((line): T => JSON.parse(line))
    const users = await lines<{ user_id: string; ndcg: { model: number } }>(perUserFile)
    const mean = users.reduce((sum, user) => sum + user.ndcg.model, 0) / users.length
    expect(mean).toBeCloseTo(ndcg(summary.model), 9)
    const lists = await lines<{ user_id: string; items: string[] }>(rankingsFile)
    expect(lists.map(({ user_id }) => user_id)).toEqual(users.map(({ user_id }) => user_id))
    expect(lists.every(({ items: list }) => new Set(list).size === 20)).toBe(true)
    expect(summary).toMatchObject({ mode: 'device', release: (await open('next')).manifest.release })
  })

  test('adds to the patches of the one before, and an update goes on from both', async () => {
    const middle = rows.slice(0, -40)
    await increment('steps', middle)
    const first = await open('steps')
    await build('steps', rows, { incremental: true })
    const second = await open('steps')
    const numbersOf = ({ cells }: typeof first) =>
      cells.flatMap(({ patch }) => Array.from(patch?.parts.columns.itemNos ?? []))
    expect(numbersOf(second)).toEqual(expect.arrayContaining(numbersOf(first)))
    expect(numbersOf(second).length).toBeGreaterThan(numbersOf(first).length)
    const repriced = items.map((line, row) => (row === 0 ? line : line.replace(/,\d+\.\d+,/, ',77.00,')))
    const itemFile = join(dir, 'repriced.csv')
    await writeFile(itemFile, `${repriced.join('\n')}\n`)
    const request = { releaseDir: join(dir, 'steps'), items: [itemFile], isPartial: false, keysDir: undefined }
    await updateRelease({ ...request, configFile: config, overrides: {} }, createIo())
    const updated = await open('steps')
    expect(numbersOf(updated)).toEqual(numbersOf(second))
    expect(updated.cells.every((cell) => currentParts(cell).columns.price.every((price) => price === 77))).toBe(true)
  })

  test('gives new items a cell of their own with what their visitors say', async () => {
    const added = '10.00,2026-06-30,,true'
    const line = (items[1] ?? '').split(',')
    const catalogue = [...items, ['new-1', 'Fresh puzzle', line[2], '', '/item/new-1', '', added].join(',')]
    const [last = ''] = rows.slice(-1)
    const clicks = Array.from({ length: 4 }, (_, n) => last.replace(/^[^,]+,[^,]+/, `visitor-${n},new-1`))
    const { summary } = await increment('fresh', [...rows.slice(0, -80), ...clicks], { catalogue })
    expect(summary).toMatchObject({ freshItems: 1, incremental: true })
    const { cells } = await open('fresh')
    const fresh = cells.at(-1)
    expect(fresh?.cards.card(0).id).toBe('new-1')
    expect((fresh?.columns.flags[0] ?? 0) & 2).toBe(2)
  })
})

describe('a full build follows', () => {
  test('where too many items moved', async () => {
    const { warnings, summary } = await increment('drift', [
      ...rows.slice(0, 1),
      ...rows.slice(1).filter((_, k) => k % 2 === 0),
    ])
    expect(warnings.join()).toMatch(/full build: .* % of the items moved/)
    expect(summary.incremental).toBeUndefined()
    expect((await open('drift')).cells.every(({ patch }) => patch === null)).toBe(true)
  })

  test('where settings changed, the last one is too old, or nothing is known of it', async () => {
    const later = (rows.at(-1) ?? '').split(',').map((cell, c) => (c === 2 ? String(Number(cell) + 9 * 86_400) : cell))
    for (const name of ['old', 'changed', 'lost']) await cp(join(dir, 'base'), join(dir, name), { recursive: true })
    expect(await refusal('old', [...rows.slice(0, -80), later.join(',')])).toBe('the last full build is 9 days old')
    await writeFile(config, CONFIG.replace('minSupport = 2', 'minSupport = 3'))
    expect(await refusal('changed', rows)).toMatch(/settings changed/)
    await writeFile(config, CONFIG)
    await writeFile(join(dir, 'lost', 'evidence.bin'), 'damaged')
    expect(await refusal('lost', rows)).toMatch(/does not say what/)
    expect(await refusal('none', rows)).toMatch(/holds no release yet/)
  })
})
