import { createReadStream, existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pocketshelf, ROOT } from './command-line.ts'
import { type PreparedSite, prepareOnce } from './prepared-site.ts'

/** A log cut into what a model learns from and what users did later. */
export type ReplayRecipe = {
  readonly name: string
  /** Catalogue of `evaluate --items`; made by `rows` where it is generated. */
  readonly items: (dir: string) => string
  /** All rows, oldest first. */
  readonly rows: (dir: string) => Promise<readonly ReplayRow[]>
  readonly config: string
}

/** `at` in seconds, null in logs with order only. */
export type ReplayRow = { readonly user: string; readonly item: string; readonly at: number | null }

/** What one user had done, when they came back, and what `evaluate` recommended then. */
export type ReplayedUser = {
  readonly user: string
  /** Oldest first. */
  readonly history: readonly ReplayRow[]
  readonly nowMs: number
  readonly expected: readonly string[]
}

export type Replay = { readonly site: PreparedSite; readonly users: readonly ReplayedUser[] }

const USERS = 200
const LEAST_ROWS = 5

/** Goodbooks where development data is at hand: order, no times. The most rated books only, so that it trains quickly. */
export const GOODBOOKS: ReplayRecipe = {
  name: 'replay-goodbooks',
  items: () => join(goodbooksDir(), 'books.csv'),
  rows: async () => {
    const rows: ReplayRow[] = []
    for await (const [user = '', item = '', rating] of csvLines(join(goodbooksDir(), 'ratings.csv')))
      if (Number(rating) >= 4) rows.push({ user, item, at: null })
    return mostRated(rows, 2_000)
  },
  config: '[embedding]\nhalfLifeItems = [0, 5]\n[ranker]\ntrees = 60\nmaxQueries = 400\n[mean]\nenabled = false\n',
}

/** A generated shop with times, series and items that are sold out. */
export const GENERATED: ReplayRecipe = {
  name: 'replay-generated',
  ...generated({ items: 900, users: 900, interactions: 30_000 }),
  config: '[embedding]\nhalfLifeItems = [0, 5]\n[ranker]\ntrees = 60\nmaxQueries = 150\n',
}

/** A smaller one, ranked by a network that no trees stand for. */
export const GENERATED_DCN: ReplayRecipe = {
  name: 'replay-dcn',
  ...generated({ items: 400, users: 500, interactions: 14_000 }),
  config: '[embedding]\nhalfLifeItems = [0, 5]\n[ranker]\nmodel = "dcn"\nmaxQueries = 150\n[mean]\nenabled = false\n',
}

function generated(sizes: Readonly<Record<'items' | 'users' | 'interactions', number>>) {
  return {
    items: (dir: string) => join(dir, 'shop', 'items.csv'),
    rows: async (dir: string) => {
      const given = Object.entries(sizes).flatMap(([name, size]) => [`--${name}`, `${size}`])
      await pocketshelf(['demo-data', '--out', join(dir, 'shop'), ...given, '--no-covers', '--seed', '7'])
      const rows: ReplayRow[] = []
      for await (const [user = '', item = '', at] of csvLines(join(dir, 'shop', 'interactions.csv')))
        rows.push({ user, item, at: Number(at) })
      return rows
    },
  }
}

/** Whether the goodbooks data is here. */
export function hasGoodbooks(): boolean {
  return existsSync(goodbooksDir())
}

/** Runs `evaluate --mode device --rankings` once, publishes the very release it measured, and reads the lists back. */
export async function prepareReplay(recipe: ReplayRecipe): Promise<Replay> {
  const dir = join(ROOT, '.cache', 'e2e', recipe.name)
  const at = (name: string) => join(dir, name)
  const paths = {
    shop: at('shop'),
    keys: at('keys'),
    release: at('release'),
    home: at('edge'),
    config: at('site.toml'),
  }
  await prepareOnce(dir, [recipe.name, recipe.config, USERS], () => evaluate(recipe, { dir, ...paths }))
  const publicKey = (await readFile(join(paths.keys, 'signing-key.pub'), 'utf8')).trim()
  return { site: { dir, publicKey, ...paths }, users: JSON.parse(await readFile(at('users.json'), 'utf8')) }
}

type Places = Omit<PreparedSite, 'publicKey'>

async function evaluate(recipe: ReplayRecipe, { dir, ...places }: Places): Promise<void> {
  await mkdir(places.shop, { recursive: true })
  await writeFile(places.config, recipe.config)
  const { train, tested } = cut(await recipe.rows(dir))
  const at = (name: string) => join(dir, name)
  await writeRows(at('train.csv'), train)
  await writeRows(
    at('test.csv'),
    [...tested.values()].flatMap(({ later }) => later),
  )
  const files = ['--train', at('train.csv'), '--test', at('test.csv'), '--items', recipe.items(dir)]
  const outputs = ['--rankings', at('rankings.jsonl'), '--release-dir', places.release]
  await pocketshelf(['evaluate', ...files, ...outputs, '--mode', 'device', '--k', '20', '--config', places.config])
  await pocketshelf(['keys', 'new', '--out', places.keys])
  await pocketshelf(['publish', '--release', places.release, '--keys', places.keys, '--dir', places.home])
  const newestAt = await newestOf(places.release)
  const users: ReplayedUser[] = []
  for (const line of (await readFile(at('rankings.jsonl'), 'utf8')).trim().split('\n')) {
    const { user_id: user, items }: { user_id: string; items: string[] } = JSON.parse(line)
    const known = tested.get(user)
    if (known === undefined) throw new Error('evaluate recommends for a user that the test file does not have')
    const nowMs = comesBackAt(known.later) ?? newestAt
    users.push({ user, history: known.earlier, nowMs, expected: items })
  }
  await writeFile(at('users.json'), JSON.stringify(users))
}

/** Time of a user's first test row as `evaluate` sees it: of repeated rows on one item the last stands for all. Null without times. */
function comesBackAt(later: readonly ReplayRow[]): number | null {
  const lastAt = new Map(later.map(({ item, at }) => [item, at]))
  const seconds = [...lastAt.values()].filter((at) => at !== null)
  return seconds.length === 0 ? null : Math.min(...seconds) * 1_000
}

type Known = { readonly earlier: readonly ReplayRow[]; readonly later: readonly ReplayRow[] }

/** Cuts the last fifth off the rows of evenly chosen users. */
function cut(rows: readonly ReplayRow[]): { train: readonly ReplayRow[]; tested: ReadonlyMap<string, Known> } {
  const byUser = Map.groupBy(rows, ({ user }) => user)
  const eligible = [...byUser].filter(([, own]) => own.length >= LEAST_ROWS)
  const step = eligible.length / USERS
  const chosen = Array.from({ length: Math.min(USERS, eligible.length) }, (_, n) => eligible[Math.floor(n * step)])
  const tested = new Map<string, Known>()
  for (const [user, own] of chosen.filter((entry) => entry !== undefined)) {
    const held = Math.max(1, Math.floor(own.length / 5))
    tested.set(user, { earlier: own.slice(0, -held), later: own.slice(-held) })
  }
  const later = new Set([...tested.values()].flatMap((known) => known.later))
  return { train: rows.filter((row) => !later.has(row)), tested }
}

function mostRated(rows: readonly ReplayRow[], count: number): readonly ReplayRow[] {
  const byItem = Map.groupBy(rows, ({ item }) => item)
  const kept = [...byItem].toSorted(([, a], [, b]) => b.length - a.length).slice(0, count)
  const items = new Set(kept.map(([item]) => item))
  return rows.filter(({ item }) => items.has(item))
}

async function writeRows(path: string, rows: readonly ReplayRow[]): Promise<void> {
  const isTimed = rows.some(({ at }) => at !== null)
  const lines = rows.map(({ user, item, at }) => (isTimed ? `${user},${item},${at}` : `${user},${item}`))
  await writeFile(path, `user_id,item_id${isTimed ? ',timestamp' : ''}\n${lines.join('\n')}\n`)
}

/** The clock of users without times: that of the release's newest row. */
async function newestOf(release: string): Promise<number> {
  const { manifest }: { manifest: string } = JSON.parse(await readFile(join(release, 'release.json'), 'utf8'))
  const { newestAt }: { newestAt: number } = JSON.parse(await readFile(join(release, 'objects', manifest), 'utf8'))
  return newestAt
}

/** Lines of a plain CSV without its header. */
async function* csvLines(path: string): AsyncGenerator<readonly string[]> {
  let isHeader = true
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    if (!isHeader) yield line.split(',')
    isHeader = false
  }
}

function goodbooksDir(): string {
  return join(ROOT, '..', 'shared', 'data', 'goodbooks-5pct')
}
