/**
 * What a device fetches after an incremental build, and what that build loses: a release of all but the newest rows, the same brought up by
 * `build --incremental`, and a full build of the same rows, judged user by user on rows that none of them has seen.
 *
 * --interactions 700000    rows of the generated log; builds look at more than 20,000 users by samples, which is quicker
 * --items 20000            size of the generated catalogue
 * --new 0.01               share of the rows that are new
 * --seed 1                 of the draw of goodbooks-5pct's new rows and test rows
 * --generated yes          the generated log; `no` leaves it out
 * --goodbooks yes          also goodbooks-5pct, where it stands beside the project; `no` leaves it out
 */
import { cpSync, existsSync, rmSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DEFAULT_DATA_DIR } from '../tools/data-dir.ts'
import { poolUsers, type UserLine } from './accuracy/pool-users.ts'
import { ratioOfMeans } from './accuracy/ratio-of-means.ts'
import { numberList, readOptions } from './harness/arguments.ts'
import { rounded } from './harness/percentiles.ts'
import { cacheDir } from './harness/places.ts'
import { generateShop } from './harness/releases.ts'
import { runNode } from './harness/run-node.ts'
import { type CutLog, cutByChance, cutByTime } from './increment/cut-log.ts'
import { weighDownload } from './increment/download.ts'
import type { Results } from './run.ts'

const CLI = 'model-build/cli.ts'
const ROWS_PER_USER = 33
const TEST_SHARE = 0.05

const GOODBOOKS = join(DEFAULT_DATA_DIR, 'goodbooks-5pct')

type Report = (line: string) => void

export async function run(options: readonly string[], report: Report): Promise<Results> {
  const given = readOptions(options, {
    interactions: '700000',
    items: '20000',
    new: '0.01',
    seed: '1',
    generated: 'yes',
    goodbooks: 'yes',
  })
  const [interactions = 0, items = 0] = numberList([given.interactions, given.items].join())
  const newShare = Number(given.new)
  const dir = cacheDir('increment')
  rmSync(dir, { recursive: true, force: true })
  const results = []
  if (given.generated === 'yes') {
    const shop = join(dir, 'shop')
    await generateShop(shop, { items, users: Math.ceil(interactions / ROWS_PER_USER), interactions }, report)
    const log = await readFile(join(shop, 'interactions.csv'), 'utf8')
    const generated = cutByTime(log, { testShare: TEST_SHARE, newShare })
    results.push({ data: 'generated', ...(await compare(generated, join(shop, 'items.csv'), report)) })
  }
  if (given.goodbooks === 'yes' && existsSync(GOODBOOKS)) {
    const ratings = await readFile(join(GOODBOOKS, 'ratings.csv'), 'utf8')
    const cut = cutByChance(ratings, { testShare: TEST_SHARE, newShare, seed: Number(given.seed) })
    results.push({ data: 'goodbooks-5pct', ...(await compare(cut, join(GOODBOOKS, 'books.csv'), report)) })
  }
  rmSync(dir, { recursive: true, force: true })
  return results
}

async function compare(log: CutLog, items: string, report: Report) {
  const dir = cacheDir('increment')
  const [base, all, test, config] = ['base.csv', 'all.csv', 'test.csv', 'pocketshelf.toml'].map((name) =>
    join(dir, name),
  )
  const [before, increment, full] = ['before', 'increment', 'full'].map((name) => join(dir, name))
  for (const release of [before, increment, full]) rmSync(release, { recursive: true, force: true })
  await Promise.all([
    writeFile(base, log.base),
    writeFile(all, log.all),
    writeFile(test, log.test),
    writeFile(config, 'seed = 1\n[site]\nname = "bench"\n'),
  ])
  const cli = (...args: readonly string[]) =>
    runNode([CLI, ...args, '--config', config, '--items', items, '--json'], report)
  await cli('build', '--interactions', base, '--out', before)
  for (const copy of [increment, full]) cpSync(before, copy, { recursive: true })
  const step = await cli('build', '--interactions', all, '--out', increment, '--incremental')
  const whole = await cli('build', '--interactions', all, '--out', full)
  const judge = async (release: string) => {
    const perUser = join(dir, 'per-user.jsonl')
    await cli('evaluate', '--release', release, '--train', all, '--test', test, '--k', '20', '--per-user', perUser)
    return readUsers(perUser)
  }
  const [old, patched, rebuilt] = [await judge(before), await judge(increment), await judge(full)]
  const bytes = await weighDownload(before, increment)
  const summary = JSON.parse(step.stdout) as { incremental?: boolean; movedItems?: number; changedShare?: number } // of `build --json`
  return {
    newRows: log.newRows,
    incremental: summary.incremental === true,
    movedItems: summary.movedItems ?? null,
    changedShare: summary.changedShare ?? null,
    ...bytes,
    byteShare: rounded(bytes.downloadBytes / bytes.wholeBytes),
    users: rebuilt.byUser.length,
    ndcgBefore: old.mean,
    ndcgIncrement: patched.mean,
    ndcgFull: rebuilt.mean,
    shareOfFull: ratioOfMeans(patched.byUser, rebuilt.byUser),
    incrementMs: step.wallMs,
    fullMs: whole.wallMs,
  }
}

/** NDCG@20 of a file of `evaluate --per-user`, in the mean and user by user. */
async function readUsers(path: string) {
  const lines = (await readFile(path, 'utf8')).trim().split('\n')
  const { means, methods } = poolUsers(lines.map((line): UserLine => JSON.parse(line)))
  return { mean: means.model, byUser: methods.model.ours }
}
