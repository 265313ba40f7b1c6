import { existsSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type BenchEdge, startEdge } from '../harness/edge.ts'
import { cacheDir, DIST } from '../harness/places.ts'
import { publish } from '../harness/releases.ts'
import { runNode } from '../harness/run-node.ts'

const CLI = 'model-build/cli.ts'
const SIZES = ['--items', '1500', '--users', '2500', '--interactions', '80000']
const CONFIG = '[embedding]\nhalfLifeItems = [0, 5]\n[ranker]\ntrees = 60\nmaxQueries = 3000\n'

/** The demo shop as `npm start` shows it, and an item of it. */
export type DemoShop = BenchEdge & { readonly item: string; readonly category: string }

/** Makes the shop's release once and serves its pages. */
export async function openDemoShop(report: (line: string) => void): Promise<DemoShop> {
  const dir = cacheDir('demo-shop')
  const [shop, keys, release, edge] = ['shop', 'keys', 'release', 'edge'].map((name) => join(dir, name)) as [
    string,
    string,
    string,
    string,
  ] // as many as names
  const config = join(dir, 'pocketshelf.toml')
  if (!existsSync(join(dir, 'published'))) {
    await writeFile(config, CONFIG)
    await runNode([CLI, 'demo-data', '--out', shop, ...SIZES], report)
    await runNode([CLI, 'keys', 'new', '--out', keys], report)
    await runNode([CLI, 'build', '--config', config, '--data', shop, '--keys', keys, '--out', release], report)
    await publish({ config, keys, release, edge }, report)
    await writeFile(join(dir, 'published.part'), '')
    await rename(join(dir, 'published.part'), join(dir, 'published'))
  }
  const publicKey = (await readFile(join(keys, 'signing-key.pub'), 'utf8')).trim()
  await writeFile(join(dir, 'config.json'), JSON.stringify({ site: 'demo', keys: publicKey, channel: 'main' }))
  const [, line = ''] = (await readFile(join(shop, 'items.csv'), 'utf8')).split('\n')
  const [item = '', , category = ''] = line.split(',')
  const places = { '/covers': join(shop, 'covers') }
  const started = await startEdge(edge, [join(dir), join(DIST, 'demo')], { places, flags: ['--single-page'] })
  return { ...started, item, category }
}
