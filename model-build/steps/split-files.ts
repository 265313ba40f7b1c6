import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { RecError } from '#contract/errors'
import type { ConfigRequest, InputRequest, StepIo, StepResult } from '../commands/requests.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import type { Dataset, Interactions } from '../dataset.ts'
import { type SplitMethod, splitOf } from '../evaluate/evaluate-split.ts'
import type { Split } from '../evaluate/splits.ts'
import { inputFiles, readInputs } from './read-inputs.ts'

export type SplitRequest = ConfigRequest &
  InputRequest & { readonly outDir: string; readonly method: Exclude<SplitMethod, 'none'> }

/** Body of `pocketshelf split`. The histories of held-out users go into the train file, since a device has them. */
export async function splitFiles(request: SplitRequest, io: StepIo): Promise<StepResult> {
  const config = await resolveConfig(request.configFile, request.overrides)
  const { dataset, report } = await readInputs(inputFiles(request), config, null, io)
  for (const warning of report.logWarnings) io.warn(warning)
  const log = dataset.interactions
  if (request.method === 'time' && log.order !== 'time')
    throw new RecError(
      'config-invalid',
      'the log has no times to cut at; --method fraction takes a share of each user’s rows',
      {
        method: 'time',
      },
    )
  const split = splitOf(log, request.method, config)
  if (split.testUsers.length === 0)
    throw new RecError(
      'input-malformed',
      `no user has the ${config.split.minUserItems} rows that it takes to be tested`,
      {
        users: log.userCount,
      },
    )
  const isTested = new Set(split.testUsers)
  await mkdir(request.outDir, { recursive: true })
  const train = await writeRows(join(request.outDir, 'train.csv'), dataset, trainRows(split, log, isTested))
  const test = await writeRows(join(request.outDir, 'test.csv'), dataset, testRows(split))
  if (log.order === 'order')
    io.warn('the order of the rows is in the files and no time is: evaluate them with --order use')
  const tested = test / Math.max(1, train + test)
  if (request.method === 'time' && tested > 2 * config.split.testShare)
    io.warn(
      `the log's times are so coarse that ${(100 * tested).toFixed(0)} % of the rows are tested; --method fraction cuts each user's rows`,
    )
  const summary = {
    out: request.outDir,
    method: request.method,
    order: log.order,
    users: split.testUsers.length,
    trainRows: train,
    testRows: test,
  }
  return {
    summary,
    lines: [`${train} rows to fit on and ${test} to find, of ${split.testUsers.length} users, in ${request.outDir}`],
  }
}

type Row = { readonly user: number; readonly item: number; readonly at: number }

function* trainRows(split: Split, log: Interactions, isTested: ReadonlySet<number>): Generator<Row> {
  const { train } = split
  for (let user = 0; user < log.userCount; user++) {
    if (isTested.has(user)) continue
    for (let k = train.userOffsets[user]; k < train.userOffsets[user + 1]; k++)
      yield { user, item: train.item[k], at: train.at[k] }
  }
  for (const [t, user] of split.testUsers.entries()) {
    for (let k = split.historyOffsets[t]; k < split.historyOffsets[t + 1]; k++)
      yield { user, item: split.historyItems[k], at: split.historyAt[k] }
  }
}

function* testRows(split: Split): Generator<Row> {
  for (const [t, user] of split.testUsers.entries()) {
    for (let k = split.testOffsets[t]; k < split.testOffsets[t + 1]; k++)
      yield { user, item: split.testItems[k], at: split.testAt[k] }
  }
}

/** @returns How many rows were written. */
async function writeRows(path: string, { users, items, interactions }: Dataset, rows: Iterable<Row>): Promise<number> {
  const timed = interactions.order === 'time'
  let count = 0
  function* lines(): Generator<string> {
    yield timed ? 'user_id,item_id,timestamp\n' : 'user_id,item_id\n'
    for (const { user, item, at } of rows) {
      count++
      yield `${field(users[user])},${field(items[item].id)}${timed ? `,${Number.isNaN(at) ? '' : at}` : ''}\n`
    }
  }
  await pipeline(Readable.from(lines()), createWriteStream(path))
  return count
}

function field(text: string): string {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
