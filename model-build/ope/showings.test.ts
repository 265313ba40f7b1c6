import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { resolveConfig } from '../config/resolve-config.ts'
import { withDatabase } from '../ingest/database.ts'
import { judgePolicy, policyOfLog } from './judge-policy.ts'
import { readShowings } from './showings.ts'

let dir = ''
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pocketshelf-showings-'))
})
afterAll(() => rm(dir, { recursive: true }))

async function read(lines: readonly string[]) {
  const path = join(dir, 'log.csv')
  await writeFile(path, `${lines.join('\n')}\n`)
  const { input } = await resolveConfig(undefined, {})
  return withDatabase(input, (connection) => readShowings(connection, [path], input))
}

describe('readShowings', () => {
  test.each([
    ['value,reward,label,click', '19.9,3,0,1'],
    ['value,reward,label', '19.9,3,1'],
    ['value,clicked,Reward', '19.9,0,1'],
  ])('takes the first name for the reward, not the first column: %s', async (names, row) => {
    expect([...(await read([`item_id,${names}`, `a,${row}`])).reward]).toEqual([1])
  })

  test('takes true and false for 1 and 0', async () => {
    const { reward } = await read(['item_id,click', 'a,true', 'b,False', 'c,TRUE', 'd,0.5', 'e,', 'f,yes'])
    expect([...reward]).toEqual([1, 0, 1, 0.5, Number.NaN, Number.NaN])
  })

  test('takes positions for numbers where they are, and items as they stand', async () => {
    const { item, position } = await read(['item_id,position', 'NA,0', 'null,0.0', '07,1.50', 'x,top', 'x,'])
    expect(position).toEqual(['0', '0', '1.5', 'top', ''])
    expect(item).toEqual(['NA', 'null', '07', 'x', 'x'])
  })
})

describe('judgePolicy', () => {
  const rows = Array.from({ length: 400 }, (_, n) => ({ item: n % 2 === 0 ? 'a' : 'b', position: (n >> 1) % 2 }))
  const log = () =>
    read([
      'item_id,position,click,propensity',
      ...rows.map(({ item, position }, n) => `${item},${position},${item === 'a' && n % 8 < 4 ? 1 : 0},0.5`),
    ])
  const judge = async (lines: readonly string[]) =>
    judgePolicy(await log(), policyOfLog(await read(lines)), { clip: 100, seed: 1 })

  test.each([
    ['positions as the log has them', ['item_id,position', 'a,0', 'a,1']],
    ['positions with decimals', ['item_id,position', 'a,0.0', 'a,1.0']],
    ['no positions', ['item_id', 'a']],
  ])('finds the same for a target with %s', async (_, lines) => {
    const { ips, snips, effectiveSampleSize } = await judge(lines)
    expect([ips.value, snips.value, effectiveSampleSize]).toEqual([0.5, 0.5, 200])
  })

  test('refuses a target that shows nothing at the log’s positions', async () => {
    await expect(judge(['item_id,position', 'a,7', 'a,8'])).rejects.toMatchObject({
      code: 'input-malformed',
      message: expect.stringContaining('nothing at any of the log\'s positions ("0", "1")'),
    })
  })
})
