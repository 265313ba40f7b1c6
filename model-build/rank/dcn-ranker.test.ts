import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FEATURE_COUNT, featureIndex } from '#contract/features'
import { parseManifest } from '#contract/manifest'
import { addLinearHead } from '#worker/core/ranker'
import { DEFAULTS } from '../config/defaults.ts'
import { openOnnxRanker } from '../device/open-ranker.ts'
import { evaluateFiles } from '../evaluate/evaluate-files.ts'
import { SILENT } from '../pipeline/progress.ts'
import { ObjectSet } from '../release/object-set.ts'
import { featureUse } from '../report/feature-importance.ts'
import { createNormal, createRandom } from '../train/random.ts'
import { clusteredLists } from '../train/synthetic-log.ts'
import { createKernelPool } from '../train/thread-pool.ts'
import { fitRanker } from './fit-ranker.ts'
import { addRankerObjects, scoreLists } from './ranker-model.ts'
import type { TrainingGroup } from './training-group.ts'

const pool = await createKernelPool({ threads: 2 })
let dir = ''
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pocketshelf-dcn-'))
})
afterAll(async () => {
  await pool.close()
  await rm(dir, { recursive: true })
})

const ROWS = 40

/** Lists in which the user's price level decides whether dear or cheap items are taken, and the vectors' score says little. */
function plantedGroups(count: number): TrainingGroup[] {
  const normal = createNormal(createRandom(1))
  const [level, price, vectors] = [
    featureIndex('user.meanPrice'),
    featureIndex('item.price'),
    featureIndex('dot.recentZ'),
  ]
  return Array.from({ length: count }, (_, user) => {
    const features = new Float32Array(ROWS * FEATURE_COUNT)
    const taste = normal()
    const worth = Float32Array.from({ length: ROWS }, (_unused, row) => {
      const at = row * FEATURE_COUNT
      features[at + level] = 20 + 5 * taste
      features[at + price] = 20 + 8 * normal()
      features[at + vectors] = normal()
      return taste * (features[at + price] - 20) + features[at + vectors]
    })
    const best = worth.toSorted().at(-2) ?? 0
    const gains = Float32Array.from(worth, (value) => (value >= best ? 1 : 0))
    return { count: ROWS, features, gains, wanted: Float32Array.of(1, 1), user }
  })
}

describe('fitRanker with a deep and cross network', () => {
  const options = { ...DEFAULTS.ranker, model: 'dcn', onAll: false, seed: 1, pool } as const

  test('beats the head where features count together, and a device scores lists the same', async () => {
    const groups = plantedGroups(400)
    const ranker = await fitRanker(groups, options)
    const { head, headAndModel } = ranker.validation
    expect(headAndModel).toBeGreaterThan(head * 1.3)
    expect(headAndModel).toBeLessThan(1)
    const used = featureUse(ranker).map(({ name }) => name)
    expect(used.toSorted()).toEqual(['dot.recentZ', 'item.price', 'user.meanPrice'])
    const objects = new ObjectSet()
    const { onnx, trees } = addRankerObjects(objects, ranker.model)
    expect(trees).toBeNull()
    const device = await openOnnxRanker(objects.get(onnx.hash) ?? new Uint8Array())
    for (const [group, own] of await scoreLists(ranker.model, ranker.linearHead, groups.slice(0, 5), pool)) {
      const scores = await device.score(group.features, group.count)
      addLinearHead(scores, group.features, ranker.linearHead)
      own.forEach((score, row) => {
        expect(Math.abs(score - scores[row])).toBeLessThan(1e-4)
      })
    }
    await device.close()
  })
})

describe('gains of lists', () => {
  /** Two of forty items are taken, one dear and one cheap; only their gains differ. */
  function pricedGroups(dear: number, cheap: number): TrainingGroup[] {
    const random = createRandom(4)
    const at = (row: number) => row * FEATURE_COUNT + featureIndex('item.price')
    return Array.from({ length: 200 }, (_, user) => {
      const features = new Float32Array(ROWS * FEATURE_COUNT)
      const gains = new Float32Array(ROWS)
      for (let row = 0; row < ROWS; row++) features[at(row)] = 60 * random()
      const first = Math.floor(random() * ROWS)
      const second = (first + 1 + Math.floor(random() * (ROWS - 1))) % ROWS
      features[at(first)] = 50 + 10 * random()
      features[at(second)] = 10 * random()
      gains[first] = dear
      gains[second] = cheap
      return {
        count: ROWS,
        features,
        gains,
        wanted: Float32Array.of(Math.max(dear, cheap), Math.min(dear, cheap)),
        user,
      }
    })
  }

  test.each(['trees', 'dcn'] as const)(
    'decide what %s put first',
    async (model) => {
      const dearFirst = async (dear: number, cheap: number): Promise<number> => {
        const groups = pricedGroups(dear, cheap)
        const ranker = await fitRanker(groups, {
          ...DEFAULTS.ranker,
          model,
          minLeafRows: 50,
          onAll: false,
          seed: 1,
          pool,
        })
        const lists = [...(await scoreLists(ranker.model, ranker.linearHead, groups.slice(0, 50), pool))]
        const isFirst = ([{ gains }, scores]: (typeof lists)[number]) =>
          scores[gains.indexOf(dear)] > scores[gains.indexOf(cheap)]
        return lists.filter(isFirst).length / lists.length
      }
      expect(await dearFirst(2, 0.25)).toBeGreaterThan(0.9)
      expect(await dearFirst(0.25, 2)).toBeLessThan(0.1)
    },
    60_000,
  )
})

describe('a build with [ranker] model = "dcn"', () => {
  test('goes through the same pipeline: judged beside the head, shipped without trees and with the head', async () => {
    const lists = clusteredLists({ users: 40, items: 40, clusters: 4, perUser: 8, seed: 4 })
    const csv = async (name: string, isTest: boolean): Promise<string> => {
      const rows = lists.flatMap((list, user) =>
        list.filter((_, at) => (at % 4 === 3) === isTest).map((item) => `u${user},i${item}`),
      )
      await writeFile(join(dir, name), ['user_id,item_id', ...rows].join('\n'))
      return join(dir, name)
    }
    const config = { ...DEFAULTS, ranker: { ...DEFAULTS.ranker, model: 'dcn' as const } }
    const releaseDir = join(dir, 'release')
    const files = { train: [await csv('train.csv', false)], test: [await csv('test.csv', true)], items: [] }
    const what = {
      mode: 'device',
      cutoffs: [10],
      baselines: false,
      precision: false,
      rankings: null,
      perUser: null,
    } as const
    const { chosen, judgement } = await evaluateFiles({
      ...files,
      ...what,
      releaseDir,
      config,
      nowMs: 0,
      report: SILENT,
    })
    expect(chosen.ranker).toMatchObject({ model: 'dcn', trees: 0 })
    expect(chosen.ranker?.headAndModel).toBeGreaterThanOrEqual(chosen.ranker?.head ?? 1)
    expect(judgement.model.metrics['ndcg@10']).toBeGreaterThan(judgement.random.metrics['ndcg@10'])
    const stored = JSON.parse(await readFile(join(releaseDir, 'release.json'), 'utf8')) as { manifest: string }
    const manifest = parseManifest(JSON.parse(await readFile(join(releaseDir, 'objects', stored.manifest), 'utf8')))
    expect(manifest.rankers).toMatchObject([{ trees: null }])
    expect(manifest.linearHead?.features.length).toBeGreaterThan(0)
  })
})
