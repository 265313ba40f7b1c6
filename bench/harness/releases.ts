import { createHash } from 'node:crypto'
import { existsSync, rmSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FEATURE_LAYOUT } from '#contract/features'
import { parseManifest } from '#contract/manifest'
import { cacheDir } from './places.ts'
import { runNode } from './run-node.ts'

const CLI = 'model-build/cli.ts'

/** A published release with what it was made from. */
export type BenchRelease = {
  readonly items: number
  /** Signing key as a page writes it. */
  readonly publicKey: string
  readonly site: string
  /** What `pocketshelf build` wrote. */
  readonly releaseDir: string
  /** Data directory of the edge that it is published to. */
  readonly edgeDir: string
  /** Text ids of the catalogue. */
  readonly itemIds: readonly string[]
}

const SITE = 'bench'

/**
 * 120 trees whatever validation says; few training lists, since what a tree knows costs no time on a device. The rest is what users get,
 * with every pair of items let through, so that items have all their 20 voters.
 */
const CONFIG = `seed = 1
[site]
name = "${SITE}"
[ranker]
trees = 120
earlyStoppingRounds = 1000
maxQueries = 400
[release]
minSupport = 1
`

/** Rows of the generated log per item. */
const ROWS_PER_ITEM = 10
const ROWS_PER_USER = 20

/** Makes and publishes a release of generated items, or takes the one of an earlier run with the same recipe. */
export async function openRelease(items: number, report: (line: string) => void): Promise<BenchRelease> {
  const recipe = createHash('sha256').update(`${CONFIG}${ROWS_PER_ITEM},${ROWS_PER_USER},${FEATURE_LAYOUT}`)
  const dir = cacheDir(`release-${items}-${recipe.digest('hex').slice(0, 8)}`)
  const [shop, keys, release, edge] = ['shop', 'keys', 'release', 'edge'].map((name) => join(dir, name))
  const config = join(dir, 'pocketshelf.toml')
  if (!existsSync(join(dir, 'published'))) {
    report(`making a release of ${items} items, once`)
    for (const half of [shop, keys, release, edge]) rmSync(half, { recursive: true, force: true })
    await writeFile(config, CONFIG)
    const rows = items * ROWS_PER_ITEM
    const sizes = { items, interactions: rows, users: Math.ceil(rows / ROWS_PER_USER) }
    await generateShop(shop, sizes, report)
    await runNode([CLI, 'keys', 'new', '--out', keys], report)
    await runNode([CLI, 'build', '--config', config, '--data', shop, '--keys', keys, '--out', release], report)
    await publish({ config, keys, release, edge }, report)
    await writeFile(join(dir, 'published.part'), '')
    await rename(join(dir, 'published.part'), join(dir, 'published'))
  }
  const shown = await runNode([CLI, 'keys', 'show', '--keys', keys, '--json'], () => undefined)
  const { publicKey } = JSON.parse(shown.stdout) as { publicKey: string } // the command's summary
  const itemIds = await readItemIds(join(shop, 'items.csv'))
  return { items, publicKey, site: SITE, releaseDir: release, edgeDir: edge, itemIds }
}

/** Writes `items.csv` and `interactions.csv` of a generated shop. */
export async function generateShop(
  dir: string,
  sizes: { readonly items: number; readonly users: number; readonly interactions: number },
  report: (line: string) => void,
): Promise<void> {
  const counts = Object.entries(sizes).flatMap(([name, count]) => [`--${name}`, String(count)])
  await runNode([CLI, 'demo-data', '--out', dir, ...counts, '--no-covers'], report)
}

/** Publishes a release to an edge of this machine, in the edge's own directory. */
export function publish(
  { config, keys, release, edge }: Readonly<Record<'config' | 'keys' | 'release' | 'edge', string>>,
  report: (line: string) => void,
) {
  return runNode([CLI, 'publish', '--config', config, '--release', release, '--keys', keys, '--dir', edge], report)
}

/** The manifest of a release directory. */
export async function readManifest(releaseDir: string) {
  const file = JSON.parse(await readFile(join(releaseDir, 'release.json'), 'utf8')) as { manifest: string } // written by the build
  return parseManifest(JSON.parse(await readFile(join(releaseDir, 'objects', file.manifest), 'utf8')))
}

async function readItemIds(file: string): Promise<string[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').slice(1)
  return lines.map((line) => line.slice(0, line.indexOf(','))).filter((id) => id !== '')
}
