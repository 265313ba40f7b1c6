import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEFAULTS } from '../config/defaults.ts'
import type { ModelOptions } from '../fit/fit-models.ts'
import { createKernelPool, type KernelPool } from '../train/thread-pool.ts'
import { plantedDataset } from '../two-tower/planted.ts'
import { effortFor } from './effort.ts'
import type { Job } from './job.ts'
import type { JudgedSecond, Lists } from './second-stage.ts'
import { resolveSettings } from './settings.ts'
import { groupsOf } from './training-lists.ts'

const USERS = 160
/** More than the first of two folds has. */
const DECIDING = 70
const dataset = plantedDataset({ users: USERS, items: 1500, clusters: 8, perUser: 8, seed: 5 })
const settings = resolveSettings(DEFAULTS)
const models: ModelOptions = {
  ...{ ...settings.models, dim: 16, sweeps: 3, minSupport: 1 },
  second: { kind: 'mean', shown: 0, ratio: 1, learningRate: 0.01, decay: 0.3, epochs: 1 },
}

describe('groupsOf', () => {
  let pool: KernelPool
  let job: Job
  beforeAll(async () => {
    pool = await createKernelPool({ threads: 2 })
    const effort = { ...effortFor(dataset.interactions, 'auto'), folds: 2, listUsers: 120 }
    job = { dataset, settings, effort, gains: null, pool }
  })
  afterAll(() => pool.close())

  /** A list's identity; comparing millions of features one by one takes minutes. */
  const digest = ({ user, count, features, gains }: Lists['with'][number]) => {
    const hash = createHash('sha256').update(new Uint8Array(features.buffer)).update(new Uint8Array(gains.buffer))
    return { user, count, hash: hash.digest('hex') }
  }
  const usersOf = (lists: Lists['with']) => new Set(lists.map(({ user }) => user))

  test.each(['with', 'without'] as const)(
    'makes lists %s the second space once the first users say so',
    async (kind) => {
      const asked: Lists[] = []
      const decide = async (lists: Lists): Promise<JudgedSecond> => {
        asked.push(lists)
        const gain = kind === 'with' ? 1 : -1
        const second = { settings: models.second, mean: null, sequence: null, twoTower: null }
        return { ...second, with: 0, without: 0, gain, ships: kind === 'with' }
      }
      const all = await groupsOf(job, { models, fold: null, decide }, () => undefined)
      expect(all.judged).toBeNull()
      expect(usersOf(all.with).size).toBe(120)
      const early = { ...job, effort: { ...job.effort, decidingUsers: DECIDING } }
      const made = await groupsOf(early, { models, fold: null, decide }, () => undefined)
      expect(asked.map((lists) => [usersOf(lists.with).size, usersOf(lists.without).size])).toEqual([
        [DECIDING, DECIDING],
      ])
      expect(made.judged?.ships).toBe(kind === 'with')
      expect(made[kind].map(digest)).toEqual(all[kind].map(digest))
      expect(made[kind === 'with' ? 'without' : 'with']).toEqual([])
    },
  )

  test.each([
    ['other people in each fold, where there are enough', 120, 120],
    ['everybody in each fold, at another moment, where there are few', 320, USERS],
  ])('asks known visitors: %s', async (_what, listUsers, people) => {
    const known = {
      ...job,
      settings: { ...settings, visitors: 'known' as const },
      effort: { ...job.effort, listUsers },
    }
    const { without } = await groupsOf(known, { models: { ...models, second: null }, fold: null }, () => undefined)
    expect(usersOf(without).size).toBe(people)
    expect(without.length).toBeGreaterThan(listUsers) // some give a list of a shortened history as well
  })

  test('a list in which nothing was found keeps no rows, and counts as a miss', async () => {
    const { without } = await groupsOf(job, { models: { ...models, second: null }, fold: null }, () => undefined)
    const found = without.filter(({ count }) => count > 0)
    expect(found.length).toBeGreaterThan(0)
    expect(found.length).toBeLessThan(without.length)
    for (const { gains, count, features, wanted } of without) {
      expect(gains.some((gain) => gain > 0)).toBe(count > 0)
      expect(features.length > 0).toBe(count > 0)
      expect(wanted.length).toBeGreaterThan(0)
    }
  })
})
