import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RecError } from '#contract/errors'
import { DEFAULTS } from '../config/defaults.ts'
import { trainContentMap } from '../train/content-map.ts'
import { createNormal, createRandom } from '../train/random.ts'
import { loadDataset } from './load-dataset.ts'

const ITEMS = 60
let dir = ''
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pocketshelf-vectors-'))
  const rows = Array.from({ length: 200 }, (_, row) => `u${row % 20},i${(row * 7) % ITEMS}`)
  await writeFile(join(dir, 'log.csv'), ['user_id,item_id', ...rows].join('\n'))
  const items = Array.from({ length: ITEMS / 2 }, (_, i) => `i${i},Item ${i}`)
  await writeFile(join(dir, 'items.csv'), ['item_id,title', ...items].join('\n'))
})
afterAll(() => rm(dir, { recursive: true }))

/** Runs the statement that docs/elsewhere.md shows on vectors in JSON lines; gives the Parquet file. */
async function writeVectors(vectors: readonly (readonly (number | null)[])[]): Promise<string> {
  const page = await readFile(new URL('../../docs/elsewhere.md', import.meta.url), 'utf8')
  const [, sql = ''] = /```sql\n([\s\S]*?)```/.exec(page) ?? []
  const lines = vectors.map((vector, i) => JSON.stringify({ item_id: `i${i}`, vector }))
  await writeFile(join(dir, 'vectors.jsonl'), lines.join('\n'))
  const connection = await (await DuckDBInstance.create()).connect()
  await connection.run(sql.replaceAll(/'(vectors\.\w+)'/g, (_, name) => `'${join(dir, name)}'`))
  connection.closeSync()
  return join(dir, 'vectors.parquet')
}

function load(vectors: string) {
  const interactions = [join(dir, 'log.csv')]
  const items = [join(dir, 'items.csv'), vectors]
  return loadDataset({ interactions, items, config: DEFAULTS, mode: 'clean', nowMs: Date.UTC(2026, 0, 1) })
}

describe('vectors of a Parquet file', () => {
  test('are given to items of the catalogue and of the log, and leave the rest of an item alone', async () => {
    const { dataset } = await load(await writeVectors(Array.from({ length: ITEMS }, (_, i) => [i, 0.5, -i])))
    expect(dataset.items).toHaveLength(ITEMS)
    expect(dataset.items[3]).toMatchObject({ id: 'i3', title: 'Item 3', vector: Float32Array.of(3, 0.5, -3) })
    const last = dataset.items.find(({ id }) => id === 'i59')
    expect(last).toMatchObject({ title: '', vector: Float32Array.of(59, 0.5, -59) })
  })

  test('of several lengths, or with something else than finite numbers, are refused', async () => {
    const codeOf = async (vectors: readonly (readonly (number | null)[])[]) =>
      load(await writeVectors(vectors)).catch((error: RecError) => error.code)
    expect(await codeOf([[1, 2], [1]])).toBe('input-malformed')
    expect(await codeOf([[]])).toBe('input-malformed')
    expect(await codeOf([[null, 1]])).toBe('input-malformed')
  })

  test('place items that nobody has taken near those that they are like', async () => {
    const normal = createNormal(createRandom(1))
    const taste = Array.from({ length: ITEMS }, () => [normal(), normal(), normal(), normal()])
    // What elsewhere knows is a mixture of the tastes, far from the origin.
    const mixed = taste.map(([a, b, c, d]) => [50 + a + b, 20 + b - c, c + d - 30, 7 + d - a, a + c])
    const { dataset } = await load(await writeVectors(mixed))
    const indices = dataset.items.map(({ id }) => Number(id.slice(1)))
    const targets = Float32Array.from(indices.flatMap((i) => taste[i]))
    const support = indices.map((i) => (i % 4 === 0 ? 0 : 100))
    const { vectors } = await trainContentMap(dataset.items, targets, support, { dim: 4, seed: 1, ridges: [0.1] })
    const bare = dataset.items.map(({ vector: _none, ...item }) => item)
    const blind = await trainContentMap(bare, targets, support, { dim: 4, seed: 1, ridges: [0.1] })
    const errorOf = (found: Float32Array) =>
      found.reduce((sum, value, at) => sum + (support[Math.floor(at / 4)] === 0 ? (value - targets[at]) ** 2 : 0), 0)
    expect(errorOf(vectors)).toBeLessThan(0.4 * errorOf(blind.vectors))
  })
})
