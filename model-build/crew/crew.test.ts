import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fitModels } from '../fit/fit-models.ts'
import { SMALL_MODELS } from '../fit/small-models.conformance.ts'
import { bareItem } from '../ingest/load-dataset.ts'
import { type AssembledRelease, assembleRelease } from '../release/assemble.ts'
import { SMALL_RELEASE } from '../release/small-release.conformance.ts'
import { clusteredLists, logFromLists } from '../train/synthetic-log.ts'
import { createKernelPool } from '../train/thread-pool.ts'
import { openCrew } from './crew.ts'
import { shareParts } from './shared-parts.ts'

const SHAPE = { users: 200, items: 300, clusters: 5, perUser: 12, seed: 1 }
const log = logFromLists(clusteredLists(SHAPE), SHAPE.items)

describe('a crew', () => {
  let release: AssembledRelease
  const pool = createKernelPool({ threads: 1 })

  beforeAll(async () => {
    const items = Array.from({ length: SHAPE.items }, (_, i) => bareItem(`i${i}`))
    const dataset = { users: [], items, interactions: log }
    const models = await fitModels(dataset, SMALL_MODELS, await pool)
    release = await assembleRelease(dataset, models, null, { ...SMALL_RELEASE, pool: await pool })
  })
  afterAll(async () => (await pool).close())

  test('gives the same training lists and answers on one thread and on three', async () => {
    const { manifest, objects, itemNos } = release
    const users = Int32Array.from({ length: 100 }, (_, u) => u * 2)
    const visits = Array.from(users, (user) => ({
      known: Int32Array.from({ length: 6 }, (_, k) => log.userOffsets[user] + k),
      at: Number.NaN,
    }))
    const run = async (threads: number) => {
      const parts = shareParts({ manifest, objects: objects.entries(), log, itemNos })
      const crew = await openCrew(parts, { graphs: true, ranker: true, asked: users.length, threads })
      const lists = { heldShare: 0.2, repeats: 1, moment: { earlier: 0, seed: 1 }, second: false }
      const asked = { count: 10, rules: null, withCandidates: true }
      const result = {
        groups: (await crew.groups(users, lists, () => undefined)).map(({ features, ...group }) => ({
          ...group,
          features: createHash('sha256').update(features).digest('hex'),
        })),
        answers: await crew.answers(visits, asked, () => undefined),
      }
      await crew.close()
      return result
    }
    const [alone, together] = [await run(1), await run(3)]
    expect(alone.groups.length).toBeGreaterThanOrEqual(users.length)
    expect(together).toEqual(alone)
    for (const [u, { items, candidates }] of alone.answers.entries()) {
      expect(items).toHaveLength(10)
      for (const row of visits[u].known) expect(items).not.toContain(log.item[row])
      expect(Array.from(candidates ?? [])).toEqual(expect.arrayContaining(Array.from(items)))
    }
  })
})
