/**
 * What a device fetches after an incremental build, and what that build loses: a release of all but the newest rows, the same brought up by
 * `build --incremental`, and two full builds of the same rows, judged user by user on later rows that none of them has seen. The two differ by their seed alone:
 * what stands between them is chance.
 *
 * --interactions 700000    rows of the generated log; builds look at more than 20,000 users by samples, which is quicker
 * --items 20000            size of the generated catalogue
 * --new 0.01               share of the rows that are new
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
import { type CutLog, cutByTime } from './increment/cut-log.ts'
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
    const cut = cutByTime(ratings, { testShare: TEST_SHARE, newShare })
    results.push({ data: 'goodbooks-5pct', ...(await compare(cut, join(GOODBOOKS, 'books.csv'), report)) })
  }
  rmSync(dir, { recursive: true, force: true })
  return results
}

/** Where the parts of a log and two settings lie that differ by their seed alone. */
async function writeInputs(path: (name: string) => string, log: CutLog) {
  const [base, all, test] = [path('base.csv'), path('all.csv'), path('test.csv')]
  const [config, otherSeed] = [path('seed-1.toml'), path('seed-2.toml')]
  const site = '[site]\nname = "bench"\n'
  await Promise.all([
    writeFile(base, log.base),
    writeFile(all, log.all),
    writeFile(test, log.test),
    writeFile(config, `seed = 1\n${site}`),
    writeFile(otherSeed, `seed = 2\n${site}`),
  ])
  return { base, all, test, config, otherSeed }
}

async function compare(log: CutLog, items: string, report: Report) {
  const path = (name: string) => join(cacheDir('increment'), name)
  const { base, all, test, config, otherSeed } = await writeInputs(path, log)
  const [before, increment, full, again] = [path('before'), path('increment'), path('full'), path('again')]
  for (const release of [before, increment, full, again]) rmSync(release, { recursive: true, force: true })
  const cli = (config: string, ...args: readonly string[]) =>
    runNode([CLI, ...args, '--config', config, '--items', items, '--json'], report)
  await cli(config, 'build', '--interactions', base, '--out', before)
  for (const copy of [increment, full]) cpSync(before, copy, { recursive: true })
  const step = await cli(config, 'build', '--interactions', all, '--out', increment, '--incremental')
  const whole = await cli(config, 'build', '--interactions', all, '--out', full)
  await cli(otherSeed, 'build', '--interactions', all, '--out', again)
  const judge = async (release: string) => {
    const perUser = path('per-user.jsonl')
    const files = ['--train', all, '--test', test, '--per-user', perUser]
    await cli(config, 'evaluate', '--release', release, ...files, '--k', '20')
    return readUsers(perUser)
  }
  const old = await judge(before)
  const patched = await judge(increment)
  const rebuilt = await judge(full)
  const other = await judge(again)
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
    ndcgOtherSeed: other.mean,
    otherSeedOverFull: ratioOfMeans(other.byUser, rebuilt.byUser),
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
