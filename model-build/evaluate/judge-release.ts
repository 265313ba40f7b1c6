import { openCrew } from '../crew/crew.ts'
import { shareParts } from '../crew/shared-parts.ts'
import type { Dataset } from '../dataset.ts'
import { vectorsOfItems } from '../incremental/item-vectors.ts'
import { readStoredCells } from '../incremental/stored-cells.ts'
import { numberItems } from '../release/item-registry.ts'
import { readObject, readReleaseDir } from '../release/release-dir.ts'
import { type EvaluateOptions, readTrain } from './evaluate-files.ts'
import type { MethodResult } from './judgement.ts'
import { measureLists } from './measure-lists.ts'
import { firstUnseen, popularOrder, supportOf } from './popular-lists.ts'
import { readTestUsers, type TestUser } from './test-users.ts'
import { writeRankings, writeUsers } from './user-lines.ts'

/** What a release that was built before does for the users of the test files. */
export type JudgedRelease = {
  readonly release: string
  readonly users: number
  readonly model: MethodResult
  readonly popularity: MethodResult
}

type Measuring = Omit<EvaluateOptions, 'releaseDir' | 'baselines' | 'precision' | 'mode'>

/** Asks a built release for lists as devices would, histories being the train files, and measures them. Fits nothing. */
export async function judgeRelease(dir: string, options: Measuring): Promise<JudgedRelease> {
  const { report, cutoffs } = options
  const { dataset } = await report.step('read train files', (onShare) => readTrain(options, onShare))
  const tested = await report.step('read test files', () => readTestUsers(dataset, options))
  const { file, manifest, registry } = await readReleaseDir(dir)
  const ids = dataset.items.map(({ id }) => id)
  const { itemNos } = numberItems(registry, ids, new Float64Array(ids.length)) // numbers beyond the release's are in none of its cells
  const objects = new Map<string, Uint8Array>()
  for (const hash of file.objects) objects.set(hash, await readObject(dir, hash))
  const asked = tested.filter(({ truth }) => truth.size > 0)
  const shared = shareParts({ manifest, objects, log: dataset.interactions, itemNos })
  const crew = await openCrew(shared, { graphs: true, ranker: true, asked: asked.length })
  const plain = { count: Math.max(...cutoffs), rules: null, withCandidates: false }
  const answers = await report
    .step('recommend', (onShare) => crew.answers(asked, plain, onShare))
    .finally(() => crew.close())
  const { dim } = manifest.spaces[0]
  const vectors = vectorsOfItems(await readStoredCells(dir, manifest), manifest, itemNos)
  const lists = answers.map(({ items }) => items)
  const { model, popularity } = measure(dataset, { asked, lists, models: { vectors, dim } }, options)
  if (options.rankings !== null) await writeRankings(options.rankings, dataset)(asked, lists)
  if (options.perUser !== null) await writeUsers(options.perUser, asked, { model: model.ndcg })
  return { release: manifest.release, users: asked.length, model: model.result, popularity: popularity.result }
}

type Asked = {
  readonly asked: readonly TestUser[]
  readonly lists: readonly Int32Array[]
  readonly models: { readonly vectors: Float32Array; readonly dim: number }
}

/** Measures lists of the asked users beside the most popular items that each does not know. */
function measure(dataset: Dataset, { asked, lists, models }: Asked, { cutoffs, config: { seed } }: Measuring) {
  const log = dataset.interactions
  const support = supportOf(log)
  const popular = popularOrder(support)
  const known = asked.map((user) => user.known.map((row) => log.item[row]))
  const longest = Math.max(...cutoffs)
  const desk = { asked, known, cutoffs, dataset, support, models, seed, k: cutoffs.includes(20) ? 20 : longest }
  const byPopularity = known.map((items) => firstUnseen(popular, new Set(items), longest))
  return { model: measureLists(desk, lists), popularity: measureLists(desk, byPopularity) }
}
