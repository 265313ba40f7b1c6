import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CELL_ROLE, decodeShardTable } from '#contract/shard-table'
import { loadModel } from '../device/resident-model.ts'
import { createIo, createWorkspace, makeKeys, writeCatalogue } from '../publish/testing/tiny-site.ts'
import { readObject, readReleaseDir } from '../release/release-dir.ts'
import { buildRelease } from './build-release.ts'
import { updateRelease } from './update-release.ts'

const BUILT = 300
let workspace: Awaited<ReturnType<typeof createWorkspace>>
let keysDir = ''
beforeAll(async () => {
  workspace = await createWorkspace()
  keysDir = (await makeKeys(workspace.dir)).dir
})
afterAll(() => workspace.dispose())

const base = { configFile: undefined, overrides: {} }

async function built(name: string): Promise<{ releaseDir: string; rows: string[]; catalogue: string }> {
  const catalogue = join(workspace.dir, `${name}.csv`)
  await writeCatalogue(catalogue, BUILT)
  const releaseDir = join(workspace.dir, name)
  const inputs = { interactions: [], items: [catalogue], dataDir: undefined }
  await buildRelease({ ...base, ...inputs, outDir: releaseDir, keysDir }, createIo())
  const rows = (await readFile(catalogue, 'utf8')).trimEnd().split('\n')
  return { releaseDir, rows, catalogue }
}

async function update(releaseDir: string, catalogue: string, rows: readonly string[], isPartial = false) {
  await writeFile(catalogue, `${rows.join('\n')}\n`)
  const { summary } = await updateRelease({ ...base, releaseDir, items: [catalogue], isPartial, keysDir }, createIo())
  return summary
}

async function openRelease(dir: string) {
  const stored = await readReleaseDir(dir)
  const bytes = new Map<string, Uint8Array>()
  for (const hash of stored.file.objects) bytes.set(hash, await readObject(dir, hash))
  const table = decodeShardTable(bytes.get(stored.manifest.shardTable.hash) ?? new Uint8Array())
  const model = loadModel(stored.manifest, (hash) => bytes.get(hash), { withCards: true })
  return { ...stored, table, model }
}

test('an update adds, changes and takes away, and everything else keeps its name', async () => {
  const { releaseDir, rows, catalogue } = await built('whole')
  const before = await openRelease(releaseDir)
  const [head = '', ...items] = rows
  const now = items
    .filter((row) => !row.startsWith('i7,'))
    .map((row) => (row.startsWith('i8,') ? row.replace(/[^,]+$/, '99.00') : row))
  const summary = await update(releaseDir, catalogue, [head, ...now, 'new1,Fresh tea,tea,/item/new1,,3.50'])
  expect(summary).toMatchObject({ publication: 2, signed: true, freshItems: 1, removedItems: 1, changedItems: 1 })
  const after = await openRelease(releaseDir)
  const { catalogue: found, unavailable } = after.model
  const row = (id: string): number => found.rowOfId(id)
  expect(unavailable[row('i7')]).toBe(1)
  expect(found.columns.price[row('i8')]).toBe(99)
  expect(found.cardOf(row('new1'))?.title).toBe('Fresh tea')
  expect(after.table.cells.at(-1)?.role).toBe(CELL_ROLE.fresh)
  const vectorOf = (id: string) => found.quantised.subarray(row(id) * found.dim, (row(id) + 1) * found.dim)
  expect(vectorOf('new1').some((value) => value !== 0)).toBe(true)
  before.table.cells.forEach((cell, c) => {
    expect(after.table.cells[c]?.objects.vectors).toEqual(cell.objects.vectors)
    expect(after.table.cells[c]?.objects.voters).toEqual(cell.objects.voters)
  })
  const isNew = after.file.objects.filter((hash) => !before.file.objects.includes(hash))
  expect(isNew.length).toBe(summary.changedObjects)
  // manifest, table, one cell's columns and the four objects of the fresh cell; dictionaries where a name is new
  expect(isNew.length).toBeLessThanOrEqual(8)
  expect(after.manifest.spaces).toEqual(before.manifest.spaces)
})

test('a partial update takes nothing away, keeps the fresh cell, and a whole one brings back what returned', async () => {
  const { releaseDir, rows, catalogue } = await built('partial')
  const [head = ''] = rows
  await update(releaseDir, catalogue, [head, 'new1,One,tea,/1,,1.00'], true)
  const second = await update(releaseDir, catalogue, [head, 'new2,Two,pots,/2,,2.00'], true)
  expect(second).toMatchObject({ publication: 3, freshItems: 2, removedItems: 0, changedItems: 0, items: BUILT + 2 })
  const { manifest, model } = await openRelease(releaseDir)
  expect(model.catalogue.cardOf(model.catalogue.rowOfId('new1'))).toMatchObject({ title: 'One', url: '/1' })
  expect(manifest.release).toMatch(/\+3$/)
  const gone = await update(releaseDir, catalogue, rows.slice(0, -1))
  expect(gone).toMatchObject({ freshItems: 0, removedItems: 1, items: BUILT })
  expect(await update(releaseDir, catalogue, rows)).toMatchObject({ removedItems: 0 })
})

test('a catalogue that lost half of its items is refused, and the release stays', async () => {
  const { releaseDir, rows, catalogue } = await built('half')
  await expect(update(releaseDir, catalogue, rows.slice(0, 100))).rejects.toMatchObject({ code: 'gate-refused' })
  expect((await readReleaseDir(releaseDir)).file.publication).toBe(1)
})
