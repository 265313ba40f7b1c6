/**
 * How much of exact search a device keeps that holds a part of a large catalogue: NDCG@20 over made-up visitors, whose relevant items are drawn from the
 * generator's own preferences.
 *
 * --items 1000000      catalogue size
 * --visitors 400       visitors that are judged
 * --cells 4000         items of a cell; a build cuts the first layer of a very large catalogue twice as fine
 * --seed 1
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createScanMemory } from '#worker/core/scan/wasm-scan'
import { seededRandom } from '#worker/core/synthetic-model'
import { numberList, readOptions } from './harness/arguments.ts'
import { rounded } from './harness/percentiles.ts'
import { ROOT } from './harness/places.ts'
import type { Results } from './run.ts'
import { buildCells } from './scale/build-cells.ts'
import { type Layout, layOutCells, mostPopular } from './scale/cells.ts'
import { drawCase, type Judge, judgeCase } from './scale/judge.ts'
import { DIM, drawWorld, type World } from './scale/world.ts'

/** Items of the head, and those that each tier holds (DESIGN section 4). */
const HEAD_ITEMS = 8_000
const TIERS = { phone: 50_000, desktop: 250_000 } as const

const HISTORY = 40
const RELEVANT = 20

export async function run(options: readonly string[], report: (line: string) => void): Promise<Results> {
  const given = readOptions(options, { items: '1000000', visitors: '400', cells: '4000', seed: '1' })
  const [items = 0, visitors = 0, cellItems = 0, seed = 0] = numberList(
    [given.items, given.visitors, given.cells, given.seed].join(),
  )
  report(`drawing ${items} items`)
  const world = drawWorld({ items, seed, rows: new Int8Array(items * DIM) })
  const head = mostPopular(world.popularity, Math.min(HEAD_ITEMS, items))
  const { assignment, count, seconds, peakGb } = await buildCells(
    world.rows,
    { dim: DIM, step: world.step, cellItems, head },
    report,
  )
  const layout = layOutCells(world, { head, assignment, count })
  const judge = await openJudge(world, layout, seed)
  const rooms = Object.values(TIERS)
  const sums = new Float64Array(rooms.length + 1)
  for (let v = 0; v < visitors; v++) {
    if (v % 50 === 0) report(`visitor ${v} of ${visitors}`)
    const drawn = drawCase(judge, world.drawVisitor(), { history: HISTORY, relevant: RELEVANT })
    judgeCase(judge, drawn, rooms).forEach((value, i) => {
      sums[i] += value / visitors
    })
  }
  const [exact = 0, ...devices] = sums
  return {
    items,
    visitors,
    cells: count + 1,
    cellItems,
    buildSeconds: seconds,
    buildPeakGb: peakGb,
    exactNdcgAt20: rounded(exact),
    tiers: Object.keys(TIERS).map((tier, i) => ({
      tier,
      residentItems: Math.min(items, rooms[i] ?? 0),
      ndcgAt20: rounded(devices[i] ?? 0),
      shareOfExact: rounded((devices[i] ?? 0) / exact),
    })),
  }
}

/** Puts the rows in the release's order into a scan's memory. */
async function openJudge(world: World, layout: Layout, seed: number): Promise<Judge> {
  const module = await WebAssembly.compile(await readFile(join(ROOT, 'worker', 'core', 'scan', 'scan.wasm')))
  const memory = createScanMemory(module)
  const { items, dim, rows } = world
  const quantised = memory.allocate(items, dim)
  layout.itemOf.forEach((item, row) => {
    quantised.set(rows.subarray(item * dim, (item + 1) * dim), row * dim)
  })
  const itemNoOf = Uint32Array.from({ length: items }, (_, row) => row)
  const catalogue = { quantised, dim, rowCount: items, itemNoOf, rowsByItemNo: itemNoOf }
  return { world, layout, quantised, open: (ranges) => memory.open(catalogue, ranges), random: seededRandom(seed + 1) }
}
