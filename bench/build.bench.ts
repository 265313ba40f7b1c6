/**
 * From a log to a published release: time by stage, memory, and the speed of the heaviest kernel.
 *
 * --interactions 1000000   rows of the generated log
 * --items 50000            size of the generated catalogue
 */
import { rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { measureIals } from './build/ials-speed.ts'
import { numberList, readOptions } from './harness/arguments.ts'
import { rounded } from './harness/percentiles.ts'
import { cacheDir } from './harness/places.ts'
import { generateShop, publish } from './harness/releases.ts'
import { runNode } from './harness/run-node.ts'
import type { Results } from './run.ts'

const CLI = 'model-build/cli.ts'
const ROWS_PER_USER = 33
const DIM = 64

/** Of `build --json`. */
type Built = {
  readonly heldOut: unknown
  readonly sizeBytes: number
  /** Processor time of all threads, which other work on the machine does not change. */
  readonly steps: readonly { readonly name: string; readonly cpuMs: number }[]
}

export async function run(options: readonly string[], report: (line: string) => void): Promise<Results> {
  const given = readOptions(options, { interactions: '1000000', items: '50000' })
  const [interactions = 0] = numberList(given.interactions)
  const [items = 0] = numberList(given.items)
  const users = Math.ceil(interactions / ROWS_PER_USER)
  const dir = cacheDir('build')
  rmSync(dir, { recursive: true, force: true })
  cacheDir('build')
  const [shop = '', keys = '', release = '', edge = ''] = ['shop', 'keys', 'release', 'edge'].map((name) =>
    join(dir, name),
  )
  const config = join(dir, 'pocketshelf.toml')
  await writeFile(config, 'seed = 1\n[site]\nname = "bench"\n')
  await generateShop(shop, { items, users, interactions }, report)
  await runNode([CLI, 'keys', 'new', '--out', keys], report)
  const built = await runNode(
    [CLI, 'build', '--config', config, '--data', shop, '--keys', keys, '--out', release, '--json'],
    report,
  )
  const published = await publish({ config, keys, release, edge }, report)
  report('iALS alone')
  const ials = await measureIals({ interactions, items, users, dim: DIM })
  const summary = JSON.parse(built.stdout) as Built
  rmSync(dir, { recursive: true, force: true })
  return {
    interactions,
    items,
    users,
    totalMs: built.wallMs + published.wallMs,
    stagesMs: { ...built.stagesMs, publish: published.wallMs },
    cpuMsOfSteps: Object.fromEntries(summary.steps.map(({ name, cpuMs }) => [name, cpuMs])),
    peakRssMb: Math.max(built.peakRssMb, published.peakRssMb),
    ialsGflopsPerCore: rounded(ials),
    releaseBytes: summary.sizeBytes,
    heldOut: summary.heldOut,
  }
}
