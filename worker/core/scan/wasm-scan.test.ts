import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { createCatalogue } from '../catalogue.ts'
import { retrieverConformance } from '../retriever.conformance.ts'
import { seededRandom, syntheticRelease } from '../synthetic-model.ts'
import { createJsScan } from './scan-js.ts'
import { createScanMemory } from './wasm-scan.ts'

const module = new WebAssembly.Module(await readFile(new URL('scan.wasm', import.meta.url)))

retrieverConformance({
  name: 'scan',
  create: async (catalogue) => createScanMemory(module).open(catalogue),
  recall: 1,
})

test.each([8, 30, 64, 128])('createScanMemory gives the integers of the plain scan at %i dimensions', (dim) => {
  const release = syntheticRelease({ items: 1_203, dim, seed: dim, cellItems: 500 })
  const memory = createScanMemory(module)
  const catalogue = createCatalogue(release.manifest, release.cells, memory.allocate)
  const engine = memory.open(catalogue, [
    { from: 3, to: 600 },
    { from: 611, to: 1_203 },
  ])
  const exact = createJsScan(catalogue, engine.ranges)
  const random = seededRandom(dim)
  for (const k of [1, 10, 500, 5_000]) {
    const values = Int16Array.from({ length: dim }, () => Math.round((random() - 0.5) * 65_534))
    const blocked = Uint8Array.from({ length: 1_203 }, () => (random() < 0.3 ? 1 : 0))
    const [found, wanted] = [engine, exact].map((each) => each.search({ values, step: 1 }, k, blocked))
    expect(found).toEqual(wanted)
  }
})

test('createScanMemory keeps ties in order when all rows score alike', () => {
  const release = syntheticRelease({ items: 9_000, dim: 16, seed: 2 })
  const memory = createScanMemory(module)
  const catalogue = createCatalogue(release.manifest, release.cells, memory.allocate)
  const zero = { values: new Int16Array(16), step: 0 }
  const { rows } = memory.open(catalogue).search(zero, 300, new Uint8Array(9_000))
  expect([...rows]).toEqual([...catalogue.rowsByItemNo.subarray(0, 300)])
})
