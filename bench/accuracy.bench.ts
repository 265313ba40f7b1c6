/**
 * How good recommendations are beside the best published methods that need no network: `split` and `evaluate --baselines` as a user would run them, all
 * tuned on validation users, compared user by user over all folds.
 *
 * --data DIR               a folder of data sets (MovieLens, goodbooks-10k or generic files); those missing are said and left out
 * --sets a,b               their names
 * --order ignore           ignore: folds of held-out users, a random fifth of their items to be found; use: everybody's last fifth, one fold
 * --folds 5                folds of users, 1 to 5
 * --config FILE            a pocketshelf.toml to measure with
 */
import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DEFAULT_DATA_DIR } from '../tools/data-dir.ts'
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
    config: '',
  })
  const isOrdered = given.order === 'use'
  const [folds = 1] = isOrdered ? [1] : numberList(given.folds)
  const results = []
  for (const set of given.sets.split(',')) {
    const data = join(given.data, set)
    if (!existsSync(data)) {
      report(`${data} is not there; left out`)
      continue
    }
    const lines: UserLine[] = []
    const ndcgByFold: Record<string, number>[] = []
    const histories: HistoryPoint[] = []
    for (let fold = 0; fold < folds; fold++) {
      report(`${set}, fold ${fold + 1} of ${folds}`)
      const own = await evaluateFold({ data, fold, isOrdered, config: given.config }, report)
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
    results.push({
      data: set,
      order: given.order,
      folds,
      users: lines.length,
      ndcg20: means,
      modelOver,
      ndcgByFold,
      overPopularityByHistory: poolHistories(histories),
    })
  }
  return results
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
  const items = ['movies.csv', 'books.csv', 'items.csv'].map((name) => join(data, name)).find(existsSync)
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
