import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEFAULTS } from '../config/defaults.ts'
import { SIGNAL } from '../dataset.ts'
import { selectUsers } from '../fit/select-users.ts'
import { loadDataset } from './load-dataset.ts'

let dir = ''
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pocketshelf-signals-'))
})
afterAll(() => rm(dir, { recursive: true }))

async function load(lines: readonly string[]) {
  const log = join(dir, 'log.csv')
  await writeFile(log, lines.join('\n'))
  return loadDataset({ interactions: [log], config: DEFAULTS, mode: 'clean', nowMs: Date.UTC(2026, 0, 1) })
}

describe('signals of a log', () => {
  test('are showings, clicks, purchases and opinions of items that have a used row, also by people without one', async () => {
    const { dataset } = await load([
      'user_id,item_id,timestamp,event',
      'a,x,2025-01-01,impression',
      'a,x,2025-01-02,click',
      'b,x,2025-01-03,impression',
      'a,x,2025-01-04,purchase',
      'b,y,2025-01-05,impression',
      'c,x,2025-01-06,dislike',
      'c,z,2025-01-07,view',
    ])
    const { signals, users, items } = dataset
    expect(users).toEqual(['a', 'c'])
    const { shown, clicked, bought, opinion } = SIGNAL
    expect(Array.from(signals?.kind ?? [])).toEqual([shown, clicked, shown, bought, opinion, clicked])
    expect(Array.from(signals?.user ?? [])).toEqual([0, 0, 2, 0, 1, 1])
    expect(Array.from(signals?.item ?? [], (item) => items[item].id)).toEqual(['x', 'x', 'x', 'x', 'x', 'z'])
    expect(signals?.opinion[4]).toBe(0)
    const kept = selectUsers(dataset, Int32Array.of(1)).signals
    expect(Array.from(kept?.user ?? [])).toEqual([1, 0, 0])
    expect(Array.from(kept?.kind ?? [])).toEqual([shown, opinion, clicked])
  })

  test('are absent where a log only says what was clicked', async () => {
    const { dataset } = await load(['user_id,item_id', 'a,x', 'b,y'])
    expect(dataset.signals).toBeUndefined()
  })

  test('keep money that can be believed', async () => {
    const { dataset } = await load([
      'user_id,item_id,event,value',
      'a,x,purchase,12.5',
      'a,y,purchase,',
      'b,x,purchase,-3',
      'b,y,purchase,1e12',
    ])
    const { NaN: none } = Number
    expect(Array.from(dataset.signals?.value ?? [])).toEqual([12.5, none, none, none])
  })

  test('take ratings on the scale of the log', async () => {
    const { dataset } = await load(['user_id,item_id,rating', 'a,x,5', 'b,x,1', 'c,x,4'])
    expect(Array.from(dataset.signals?.opinion ?? [])).toEqual([1, 0, 0.75])
  })
})
