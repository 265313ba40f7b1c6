import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pocketshelf, ROOT, runScript } from './command-line.ts'

/** A generated shop and how its release is trained. */
export type Recipe = {
  readonly name: string
  readonly items: number
  readonly users: number
  readonly interactions: number
  readonly hasCovers: boolean
  /** Sections of `pocketshelf.toml`. */
  readonly config: string
}

/** A site that was built and published from the command line; its files are shared by all tests and never changed by one. */
export type PreparedSite = {
  readonly dir: string
  /** Data directory: items.csv, interactions.csv, covers. */
  readonly shop: string
  readonly keys: string
  readonly publicKey: string
  readonly release: string
  /** `--dir` of the edge that holds the release. */
  readonly home: string
  readonly config: string
}

/** The shop of the demo, smaller: enough for tastes and several categories. */
export const DEMO: Recipe = {
  name: 'demo',
  items: 1_500,
  users: 2_500,
  interactions: 80_000,
  hasCovers: true,
  config: '[embedding]\nhalfLifeItems = [0, 5]\n[ranker]\ntrees = 60\nmaxQueries = 400\n[mean]\nenabled = false\n',
}

/** So many items that their cells make a graph group; trained as cheaply as can be, since only the engines matter here. */
export const LARGE: Recipe = {
  name: 'large',
  items: 40_000,
  users: 21_000,
  interactions: 400_000,
  hasCovers: false,
  config: [
    '[input]\norder = "ignore"',
    '[split]\nminUserItems = 1000000',
    '[embedding]\ndimensions = 32\nsweeps = 3',
    '[ranker]\ntrees = 30\nleaves = 15\nmaxQueries = 600',
    '[release]\ngraphMinItems = 30000\n',
  ].join('\n'),
}

/** The smallest shop that learns something; trains in seconds. */
export const SMALL: Recipe = {
  name: 'small',
  items: 300,
  users: 500,
  interactions: 9_000,
  hasCovers: false,
  config: [
    '[embedding]\ndimensions = 16\nsweeps = 3\nhalfLifeItems = [0]',
    '[ranker]\ntrees = 8\nleaves = 8\nmaxQueries = 150',
    // A hundred visitors are a fifth of this log, with noise on their pairs: that alone moves NDCG by a tenth and the few trees by a fifth.
    '[gate]\nmaxQualityLoss = 0.5\nmaxBytesGrowth = 1\n',
  ].join('\n'),
}

/** The same shop, whose release asks visitors of aggregate mode. */
export const ASKING: Recipe = {
  ...SMALL,
  name: 'asking',
  config: `${SMALL.config}[feedback]\nenabled = true\ncanaryShare = 0.5\n`,
}

const CACHE = join(ROOT, '.cache', 'e2e')
const CODE = ['contract/**', 'worker/core/**', 'model-build/**', 'edge/**']
const NOT_CODE = /[.](?:test|conformance|bench)[.]|^model-build[/]retrain[/]|^edge[/]cloudflare[/]/

/**
 * Builds and publishes a site once and keeps it in `.cache/e2e` for as long as recipe and code stay the same. Several workers may ask at
 * the same time: one builds, the others wait.
 */
export async function prepareSite(recipe: Recipe): Promise<PreparedSite> {
  const site = siteIn(join(CACHE, recipe.name))
  await prepareOnce(site.dir, recipe, () => buildSite(site, recipe))
  return { ...site, publicKey: (await readFile(join(site.keys, 'signing-key.pub'), 'utf8')).trim() }
}

/** Makes the content of a directory of `.cache/e2e` unless it is there already, made from the same `source` by the same code. */
export async function prepareOnce(dir: string, source: unknown, make: () => Promise<void>): Promise<void> {
  const stamp = stampOf(source)
  const file = join(dir, 'prepared-from')
  const isReady = async () => (await readFile(file, 'utf8').catch(() => '')) === stamp
  await mkdir(dirname(dir), { recursive: true })
  while (!(await isReady())) {
    const unlock = await lock(`${dir}.lock`)
    if (unlock === null) continue
    try {
      if (await isReady()) return
      await rm(dir, { recursive: true, force: true })
      await mkdir(dir, { recursive: true })
      await make()
      await writeFile(file, stamp)
    } finally {
      await unlock()
    }
  }
}

function siteIn(dir: string): Omit<PreparedSite, 'publicKey'> {
  const at = (name: string) => join(dir, name)
  return { dir, shop: at('shop'), keys: at('keys'), release: at('release'), home: at('edge'), config: at('site.toml') }
}

async function buildSite(site: Omit<PreparedSite, 'publicKey'>, recipe: Recipe): Promise<void> {
  const built = await runScript(join(ROOT, 'tools', 'build.ts'), ['--if-stale'])
  if (built.exitCode !== 0) throw new Error(`npm run build failed: ${built.stderr}`)
  const { items, users, interactions } = recipe
  const sizes = Object.entries({ items, users, interactions }).flatMap(([name, size]) => [`--${name}`, `${size}`])
  await writeFile(site.config, recipe.config)
  await pocketshelf(['demo-data', '--out', site.shop, ...sizes, ...(recipe.hasCovers ? [] : ['--no-covers'])])
  await pocketshelf(['keys', 'new', '--out', site.keys])
  const common = ['--keys', site.keys, '--config', site.config]
  await pocketshelf(['build', '--data', site.shop, '--out', site.release, ...common])
  await pocketshelf(['publish', '--release', site.release, '--dir', site.home, ...common])
}

function stampOf(source: unknown): string {
  const hash = createHash('sha256').update(JSON.stringify(source))
  const files = globSync(CODE, { cwd: ROOT }).filter((file) => /[.](?:ts|wasm)$/.test(file) && !NOT_CODE.test(file))
  for (const file of files.sort()) hash.update(`${file}\0`).update(readFileSync(join(ROOT, file)))
  return hash.digest('hex')
}

/** Takes a lock, or waits a moment while a living process has it. @returns The function that gives it back, or null. */
async function lock(dir: string): Promise<(() => Promise<void>) | null> {
  try {
    await mkdir(dir)
    await writeFile(join(dir, 'pid'), `${process.pid}`)
    return () => rm(dir, { recursive: true, force: true })
  } catch {
    await delay(200)
    const pid = Number(await readFile(join(dir, 'pid'), 'utf8').catch(() => ''))
    const isNew = (await stat(dir).catch(() => null))?.mtimeMs ?? 0
    const isAbandoned = pid > 0 ? !existsSync(`/proc/${pid}`) : Date.now() - isNew > 10_000
    if (isAbandoned) await rm(dir, { recursive: true, force: true })
    return null
  }
}
