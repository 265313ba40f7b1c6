import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FEATURE_COUNT, featureIndex } from '#contract/features'
import { parseManifest } from '#contract/manifest'
import { syntheticTrees } from '#worker/core/synthetic-model'
import { DEFAULTS } from '../config/defaults.ts'
import { evaluateFiles } from '../evaluate/evaluate-files.ts'
import { SILENT } from '../pipeline/progress.ts'
import { writeTreeEnsembleOnnx } from '../train/onnx-trees.ts'
import { clusteredLists } from '../train/synthetic-log.ts'
import { readOutsideRanker } from './outside-ranker.ts'

let dir = ''
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pocketshelf-ranker-'))
})
afterAll(() => rm(dir, { recursive: true }))

async function file(name: string, content: Uint8Array | string): Promise<string> {
  await writeFile(join(dir, name), content)
  return join(dir, name)
}

/** One split: candidates that vectors like stand above the others. */
const byVectors = {
  ...syntheticTrees(1, 2, 1),
  feature: Uint16Array.of(featureIndex('dot.recentZ')),
  threshold: Float32Array.of(0.5),
  leaf: Int32Array.of(0, 20_000),
}

describe('readOutsideRanker', () => {
  test('takes a model over the feature layout as it is', async () => {
    const onnx = writeTreeEnsembleOnnx(syntheticTrees(20, 15, 3))
    expect(await readOutsideRanker(await file('trees.onnx', onnx))).toEqual(new Uint8Array(onnx))
  })

  test.each([
    ['what is no model', Uint8Array.of(1, 2, 3)],
    [
      'a model over more features',
      writeTreeEnsembleOnnx({ ...syntheticTrees(3, 4, 1), featureCount: FEATURE_COUNT + 1 }),
    ],
    ['a file that is too large', new Uint8Array(4_000_001)],
  ])('refuses %s with model-malformed', async (_what, bytes) => {
    const path = await file('wrong.onnx', bytes)
    await expect(readOutsideRanker(path)).rejects.toMatchObject({ code: 'model-malformed' })
  })

  test('says when there is no file', async () => {
    await expect(readOutsideRanker(join(dir, 'absent.onnx'))).rejects.toMatchObject({ code: 'input-missing' })
  })
})

describe('a ranker trained elsewhere', () => {
  test('ranks in place of the own, judged on the same lists, and its release has no trees', async () => {
    const lists = clusteredLists({ users: 40, items: 40, clusters: 4, perUser: 8, seed: 4 })
    const rows = lists.flatMap((list, user) =>
      list.map((item, at) => ({ line: `u${user},i${item}`, isTest: at % 4 === 3 })),
    )
    const csv = (isTest: boolean) => rows.filter((row) => row.isTest === isTest).map(({ line }) => line)
    const train = await file('train.csv', ['user_id,item_id', ...csv(false)].join('\n'))
    const test_ = await file('test.csv', ['user_id,item_id', ...csv(true)].join('\n'))
    const onnx = await file('by-vectors.onnx', writeTreeEnsembleOnnx(byVectors))
    const config = { ...DEFAULTS, ranker: { ...DEFAULTS.ranker, trees: 5, onnx } }
    const releaseDir = join(dir, 'release')
    const files = { train: [train], test: [test_], items: [], rankings: null, perUser: null, releaseDir }
    const what = { mode: 'device', cutoffs: [10], baselines: false, precision: false } as const
    const { chosen, judgement } = await evaluateFiles({ ...files, ...what, config, nowMs: 0, report: SILENT })
    expect(chosen.outsideRanker?.groups).toBeGreaterThan(5)
    expect(chosen.outsideRanker?.outside).toBeGreaterThan(0)
    expect(judgement.model.metrics['ndcg@10']).toBeGreaterThan(judgement.random.metrics['ndcg@10'])
    const stored = JSON.parse(await readFile(join(releaseDir, 'release.json'), 'utf8')) as { manifest: string }
    const manifest = parseManifest(JSON.parse(await readFile(join(releaseDir, 'objects', stored.manifest), 'utf8')))
    expect(manifest.rankers).toMatchObject([{ trees: null }])
    expect(manifest.linearHead).toBeNull()
    const shipped = await readFile(join(releaseDir, 'objects', manifest.rankers[0].onnx.hash))
    expect(new Uint8Array(shipped)).toEqual(new Uint8Array(await readFile(onnx)))
  })
})
