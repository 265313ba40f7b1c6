/**
 * How good recommendations are beside the best published methods that need no network: `split` and `evaluate --baselines` as a user would run them, all
 * tuned on validation users, compared user by user over all folds.
 *
 * --data DIR               a folder of data sets (MovieLens, goodbooks-10k or generic files); those missing are said and left out
 * --sets a,b               their names
 * --order ignore           ignore: folds of held-out users, a random fifth of their items to be found; use: everybody's last fifth, one fold
 * --folds 5                folds of users, 1 to 5
 * --pieces 12              cuts each history into people of so many rows: a sparse log of many people; whole by default
 * --config FILE            a pocketshelf.toml to measure with
 */
import { existsSync } from 'node:fs'
import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DEFAULT_DATA_DIR } from '../tools/data-dir.ts'
import { cutHistories } from './accuracy/cut-histories.ts'
import { type HistoryPoint, poolHistories } from './accuracy/pool-histories.ts'
import { poolUsers, type UserLine } from './accuracy/pool-users.ts'
import { ratioOfMeans } from './accuracy/ratio-of-means.ts'
import { numberList, readOptions } from './harness/arguments.ts'
import { cacheDir } from './harness/places.ts'
import { runNode } from './harness/run-node.ts'
import type { Results } from './run.ts'

const CLI = 'model-build/cli.ts'

type Report = (line: string) => void

export async function run(options: readonly string[], report: Report): Promise<Results> {
  const given = readOptions(options, {
    data: DEFAULT_DATA_DIR,
    sets: 'ml-latest-small,goodbooks-5pct',
    order: 'ignore',
    folds: '5',
    pieces: '',
    config: '',
  })
  const isOrdered = given.order === 'use'
  const [folds = 1] = isOrdered ? [1] : numberList(given.folds)
  const [pieces] = given.pieces === '' ? [] : numberList(given.pieces)
  const results = []
  for (const set of given.sets.split(',')) {
    const whole = join(given.data, set)
    if (!existsSync(whole)) {
      report(`${whole} is not there; left out`)
      continue
    }
    const data = pieces === undefined ? whole : await cutSet(whole, pieces)
    const measured = await measureSet({ data, isOrdered, config: given.config, folds }, report)
    results.push({ data: set, order: given.order, folds, pieces, ...measured })
  }
  return results
}

async function measureSet({ folds, ...common }: Omit<Fold, 'fold'> & { readonly folds: number }, report: Report) {
  const lines: UserLine[] = []
  const ndcgByFold: Record<string, number>[] = []
  const histories: HistoryPoint[] = []
  for (let fold = 0; fold < folds; fold++) {
    report(`${common.data}, fold ${fold + 1} of ${folds}`)
    const own = await evaluateFold({ ...common, fold }, report)
    lines.push(...own.lines)
    ndcgByFold.push(poolUsers(own.lines).means)
    histories.push(...own.histories)
  }
  const { means, methods } = poolUsers(lines)
  const modelOver = Object.fromEntries(
    Object.entries(methods)
      .filter(([name]) => name !== 'model')
      .map(([name, { ours, theirs }]) => [name, ratioOfMeans(ours, theirs)]),
  )
  const overPopularityByHistory = poolHistories(histories)
  return { users: lines.length, ndcg20: means, modelOver, ndcgByFold, overPopularityByHistory }
}

const ITEM_FILES = ['movies.csv', 'books.csv', 'items.csv'] as const
const LOG_FILES = ['ratings.csv', 'interactions.csv'] as const

/** A set whose people are pieces of those of another. */
async function cutSet(whole: string, rows: number): Promise<string> {
  const dir = cacheDir('accuracy-pieces')
  const log = LOG_FILES.find((name) => existsSync(join(whole, name))) ?? LOG_FILES[0]
  await rm(dir, { recursive: true })
  await cp(whole, dir, { recursive: true, filter: (file) => file !== join(whole, log) })
  await writeFile(join(dir, log), cutHistories(await readFile(join(whole, log), 'utf8'), rows))
  return dir
}

type Fold = { readonly data: string; readonly fold: number; readonly isOrdered: boolean; readonly config: string }

/** What a fold says of each tested user, and of histories cut short. */
type FoldResult = { readonly lines: UserLine[]; readonly histories: HistoryPoint[] }

/** Cuts, fits and measures one fold in processes of their own. */
async function evaluateFold({ data, fold, isOrdered, config }: Fold, report: Report): Promise<FoldResult> {
  const dir = cacheDir('accuracy')
  const perUser = join(dir, 'per-user.jsonl')
  const common = ['--order', isOrdered ? 'use' : 'ignore', ...(config === '' ? [] : ['--config', config])]
  const method = isOrdered ? ['--method', 'fraction'] : ['--method', 'users', '--fold', String(fold)]
  await runNode([CLI, 'split', '--data', data, '--out', dir, ...method, ...common, '--json'], () => undefined)
  const [train, test] = ['train.csv', 'test.csv'].map((name) => join(dir, name))
  const items = ITEM_FILES.map((name) => join(data, name)).find(existsSync)
  const { stdout } = await runNode(
    [
      ...[CLI, 'evaluate', '--train', train, '--test', test, ...(items === undefined ? [] : ['--items', items])],
      ...['--min-support', '1', '--k', '20', '--baselines', '--per-user', perUser, '--json', ...common],
    ],
    report,
  )
  const text = await readFile(perUser, 'utf8')
  await rm(dir, { recursive: true })
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as UserLine) // of `evaluate --per-user`
  const { historyLength } = JSON.parse(stdout) as { historyLength: HistoryPoint[] } // of `evaluate --json`
  return { lines, histories: historyLength }
}
