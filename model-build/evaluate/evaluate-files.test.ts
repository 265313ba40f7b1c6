import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEFAULTS } from '../config/defaults.ts'
import { SILENT } from '../pipeline/progress.ts'
import { createRandom } from '../train/random.ts'
import { clusteredLists } from '../train/synthetic-log.ts'
import { type EvaluateResult, evaluateFiles } from './evaluate-files.ts'

const SHAPE = { users: 120, items: 150, clusters: 5, perUser: 14, seed: 3 }
const config = {
  ...DEFAULTS,
  release: { ...DEFAULTS.release, minSupport: 2 },
  ranker: { ...DEFAULTS.ranker, trees: 10, maxQueries: 60 },
}

type Row = readonly [user: string, item: number]

describe('evaluateFiles', () => {
  let dir = ''
  const paths: string[] = []
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'evaluate-'))
  })
  afterAll(() => rm(dir, { recursive: true, force: true }))

  const write = async (name: string, lines: readonly string[]) => {
    const path = join(dir, name)
    await writeFile(path, `${lines.join('\n')}\n`)
    paths.push(path)
    return path
  }
  const rows = (all: readonly Row[]) => ['user_id,item_id', ...all.map(([user, item]) => `${user},i${item}`)]
  const catalogue = (categoryOf: (item: number) => string) => [
    'item_id,title,category',
    ...Array.from({ length: SHAPE.items }, (_, item) => `i${item},Title ${item},${categoryOf(item)}`),
  ]
  const evaluate = async (train: readonly Row[], found: readonly Row[], items: string, baselines = false) =>
    evaluateFiles({
      train: [await write('train.csv', rows(train))],
      test: [await write('test.csv', rows(found))],
      items: [items],
      mode: 'device',
      cutoffs: [10, 20],
      rankings: null,
      perUser: baselines ? join(dir, 'per-user.jsonl') : null,
      releaseDir: null,
      baselines,
      precision: baselines,
      config: baselines ? config : { ...config, mean: { ...config.mean, enabled: false } }, // leaks do not need it
      nowMs: Date.UTC(2026, 0, 1),
      report: SILENT,
    })

  describe('on users who keep to clusters of items', () => {
    let result: EvaluateResult
    beforeAll(async () => {
      const lists = clusteredLists(SHAPE)
      const all = lists.flatMap((list, user) => list.map((item): Row => [`u${user}`, item]))
      const isTest = (_: Row, at: number) => at % 5 === 0
      const items = await write(
        'items.csv',
        catalogue((item) => `c${item % SHAPE.clusters}`),
      )
      result = await evaluate(
        all.filter((row, at) => !isTest(row, at)),
        all.filter(isTest),
        items,
        true,
      )
    })

    test('every method stands beside the model with its interval, on the same users', () => {
      const { judgement, baselines } = result
      expect(judgement.users).toBe(SHAPE.users)
      for (const method of [judgement.model, judgement.popularity, judgement.random]) {
        const [low, high] = method.intervals['ndcg@20']
        expect(low).toBeLessThanOrEqual(method.metrics['ndcg@20'])
        expect(high).toBeGreaterThanOrEqual(method.metrics['ndcg@20'])
      }
      expect(Object.keys(baselines)).toEqual(['item-kNN', 'EASE', 'iALS', 'mean'])
      for (const baseline of Object.values(baselines)) {
        expect(baseline).toMatchObject({ users: SHAPE.users })
        if ('modelOver' in baseline) expect(baseline.modelOver.ratio.low).toBeLessThan(baseline.modelOver.ratio.high)
      }
      expect(judgement.paired.random.ratio.low).toBeGreaterThan(1)
      expect(judgement.model.metrics.auc).toBeGreaterThan(judgement.random.metrics.auc)
    })

    test('each user has a line with the NDCG that the means are of', async () => {
      const text = await readFile(join(dir, 'per-user.jsonl'), 'utf8')
      const lines = text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
      expect(new Set(lines.map((line) => line.user_id)).size).toBe(SHAPE.users)
      const mean = (name: string) => lines.reduce((sum, { ndcg }) => sum + ndcg[name], 0) / lines.length
      expect(mean('model')).toBeCloseTo(result.judgement.model.metrics['ndcg@20'], 9)
      const { EASE: ease } = result.baselines
      expect('metrics' in ease && ease.metrics['ndcg@20']).toBeCloseTo(mean('EASE'), 9)
    })

    test('the output says whom validation chose for, and why a second space ships or does not', () => {
      const { visitors, chosen } = result
      expect(visitors).toBe('known') // everybody is tested, so that models have learnt from all of them
      const { second, ranker } = chosen
      expect(ranker?.headAndModel).toBe(second?.ships ? second.with : second?.without)
      expect(second?.ships).toBe(second?.gain !== null && Number(second?.gain) > config.mean.minGain)
      // Half of the users that a list is made for give a short one as well.
      expect(ranker?.groups).toBeGreaterThan(config.ranker.maxQueries)
    })

    test('int8 saves more than three fifths of the bytes of vectors at next to no loss', () => {
      const { precision } = result
      expect(precision[0].part).toBe('iALS vectors')
      for (const { float32Bytes, int8Bytes, float32Ndcg, int8Ndcg } of precision) {
        expect(int8Bytes / float32Bytes).toBeLessThan(0.4)
        expect(Math.abs(Number(int8Ndcg) / Number(float32Ndcg) - 1)).toBeLessThan(0.02)
      }
    })

    test('no ranker finds more than retrieval does, and shares of places and rows add up', () => {
      const { judgement } = result
      expect(judgement.retrieval?.recall).toBeGreaterThanOrEqual(judgement.model.metrics['recall@20'])
      const { category, itemPopularity } = judgement.groups
      for (const groups of [category, itemPopularity]) {
        expect(groups.reduce((sum, group) => sum + group.exposure, 0)).toBeCloseTo(1, 9)
        expect(groups.reduce((sum, group) => sum + group.taken, 0)).toBeCloseTo(1, 9)
        expect(groups.reduce((sum, group) => sum + group.items, 0)).toBe(SHAPE.items)
      }
      expect(judgement.groups.activity.reduce((sum, group) => sum + group.users, 0)).toBe(SHAPE.users)
      expect(judgement.groups.itemAge).toEqual([])
    })

    test('curves start where the plain lists are', () => {
      const { judgement } = result
      expect(judgement.diversity[0].ndcg).toBeCloseTo(judgement.model.metrics['ndcg@20'], 9)
      expect(judgement.diversity.at(-1)?.listDiversity).toBeGreaterThan(judgement.diversity[0].listDiversity)
      expect(judgement.historyLength.map(({ length }) => length)).toEqual([0, 1, 2, 5, 10])
      expect(judgement.minSupport.map(({ minSupport }) => minSupport)).toEqual([1, 2, 5, 10, 20])
      expect(judgement.minSupport[0].pairs).toBeGreaterThan(judgement.minSupport[4].pairs)
    })
  })

  test('a leak planted in the training rows shows as a test that is too good, and is named', async () => {
    const random = createRandom(5)
    const draw = () => Math.floor(random() * SHAPE.items)
    // Nobody prefers anything, so that nothing can be learnt.
    const histories = Array.from({ length: 100 }, () => new Set(Array.from({ length: 10 }, draw)))
    const train = histories.flatMap((set, user) => [...set].map((item): Row => [`u${user}`, item]))
    const found = histories.map((set, user): Row => {
      for (;;) {
        const item = draw()
        if (!set.has(item)) return [`u${user}`, item]
      }
    })
    const items = await write(
      'same.csv',
      catalogue(() => 'same'),
    )
    // Who took everything shares whatever anybody knows, and is nobody's twin.
    const collector = Array.from({ length: SHAPE.items }, (_, item): Row => ['collector', item])
    const honest = await evaluate([...train, ...collector], found, items)
    expect(honest.judgement.leaks).toEqual({ repeatedRows: 0, laterRows: null, twins: 0 })
    // The same people under other names, test items included.
    const twins = [...train, ...found].map(([user, item]): Row => [`twin-${user}`, item])
    const leaked = await evaluate([...train, ...twins], found, items)
    expect(leaked.judgement.leaks.twins).toBeGreaterThan(0.95)
    const [own, good] = [honest, leaked].map(({ judgement }) => judgement.model.metrics['ndcg@20'])
    expect(good).toBeGreaterThan(3 * own)
    const copied = await evaluate([...train, ...found], found, items)
    expect(copied.judgement.leaks.repeatedRows).toBe(1)
  })
})
