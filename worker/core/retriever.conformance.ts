import { expect, test } from 'vitest'
import { integerQuery } from '#contract/vectors'
import { type Catalogue, createCatalogue } from './catalogue.ts'
import type { Retriever } from './retriever.ts'
import { createJsScan } from './scan/scan-js.ts'
import { seededRandom, syntheticRelease } from './synthetic-model.ts'

export type ConformanceOptions = {
  readonly name: string
  readonly create: (catalogue: Catalogue) => Promise<Retriever>
  /** Whether the engine finds exactly what a full scan finds; else at least `recall` of it. */
  readonly recall: number
}

/** What every Retriever promises; each implementation's test file calls this with its own factory. */
export function retrieverConformance({ name, create, recall }: ConformanceOptions): void {
  const release = syntheticRelease({ items: 3_001, dim: 64, seed: 5, cellItems: 700 })
  const catalogue = createCatalogue(release.manifest, release.cells)
  const random = seededRandom(9)
  const query = () =>
    integerQuery(
      Float32Array.from({ length: 64 }, () => random() - 0.5),
      catalogue.scales,
    )
  const nothing = new Uint8Array(catalogue.rowCount)

  test(`${name} finds what the plain scan finds, with the same integers`, async () => {
    const [engine, exact] = [await create(catalogue), createJsScan(catalogue)]
    let hits = 0
    for (let q = 0; q < 20; q++) {
      const asked = query()
      const [found, wanted] = [engine.search(asked, 100, nothing), exact.search(asked, 100, nothing)]
      const scores = new Map([...wanted.rows].map((row, i) => [row, wanted.scores[i]]))
      found.rows.forEach((row, i) => {
        if (!scores.has(row)) return
        hits++
        expect(found.scores[i]).toBe(scores.get(row))
      })
      if (recall === 1) expect([...found.rows]).toEqual([...wanted.rows])
    }
    expect(hits / 2_000).toBeGreaterThanOrEqual(recall)
    engine.close()
  })

  test(`${name} leaves blocked rows out and still fills k`, async () => {
    const engine = await create(catalogue)
    const asked = query()
    const blocked = new Uint8Array(catalogue.rowCount)
    for (const row of engine.search(asked, 50, nothing).rows) blocked[row] = 1
    const found = engine.search(asked, 50, blocked)
    expect(found.rows.length).toBe(50)
    expect([...found.rows].some((row) => blocked[row] === 1)).toBe(false)
    engine.close()
  })

  test(`${name} answers best first, ties by ascending itemNo, no repeats`, async () => {
    const engine = await create(catalogue)
    const { rows, scores } = engine.search(query(), 300, nothing)
    const worse = [...rows].filter(
      (row, i) =>
        i > 0 &&
        (scores[i] > scores[i - 1] ||
          (scores[i] === scores[i - 1] && catalogue.itemNoOf[row] < catalogue.itemNoOf[rows[i - 1]])),
    )
    expect(worse).toEqual([])
    expect(new Set(rows).size).toBe(300)
    engine.close()
  })

  test(`${name} gives what there is when fewer than k rows are open, and nothing for k = 0`, async () => {
    const engine = await create(catalogue)
    const blocked = new Uint8Array(catalogue.rowCount).fill(1)
    blocked[7] = 0
    blocked[2_900] = 0
    expect([...engine.search(query(), 10, blocked).rows].sort((a, b) => a - b)).toEqual([7, 2_900])
    expect(engine.search(query(), 0, nothing).rows.length).toBe(0)
    expect(engine.search(query(), 10, blocked.fill(1)).rows.length).toBe(0)
    engine.close()
  })
}
