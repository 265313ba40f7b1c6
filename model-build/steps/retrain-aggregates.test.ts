import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { FeedbackPart } from '#contract/feedback/learning'
import type { QuestionId } from '#contract/feedback/plan'
import { encodeReport } from '#contract/feedback/report'
import { type Answer, randomise } from '#worker/core/feedback/randomise'
import { resolveConfig } from '../config/resolve-config.ts'
import { testWords } from '../feedback/device-reports.conformance.ts'
import { beliefOf, readLearningState, writeLearningState } from '../feedback/learning-state.ts'
import { makePlan } from '../feedback/make-plan.ts'
import { type EdgeHome, openEdgeHome } from '../publish/edge-home.ts'
import { startEdge } from '../publish/edge-process.ts'
import { buildTinyRelease, createIo, createWorkspace, makeKeys } from '../publish/testing/tiny-site.ts'
import { ObjectSet } from '../release/object-set.ts'
import { readReleaseDir, writeReleaseDir } from '../release/release-dir.ts'
import { partOf, planHashOf } from '../retrain/learn-release.ts'
import { createPost } from '../simulate/post-reports.ts'
import { judgeCanary } from './judge-canary.ts'
import { listChanges } from './list-channels.ts'
import { publishRelease } from './publish-release.ts'
import { retrainAggregates } from './retrain-aggregates.ts'

const HEADS = 2

let dispose = async (): Promise<void> => undefined
let release = ''
let keys = ''
let home: EdgeHome

/** Gives a release without a log the parts that learn, as `startLearning` would. */
async function makeAsking(dir: string): Promise<void> {
  const { feedback } = await resolveConfig()
  const { file, manifest, registry } = await readReleaseDir(dir)
  const plan = makePlan({
    ...feedback,
    heads: HEADS,
    bilinearDim: 8,
    clips: { rank: 1, pair: 1 },
    round: 0,
    nowMs: Date.now(),
  })
  const calibration = { slope: 1, featureScale: [1, 1] }
  const part: FeedbackPart = { plan, calibration, propensities: new Array<number>(12).fill(1), noise: [] }
  const width = manifest.spaces[0].dim
  const asking = {
    ...manifest,
    linearHead: { features: [0, 1], weights: [1, 1], bias: 0 },
    bilinear: { dim: 8, projection: new Array<number>(8 * width).fill(0), weights: new Array<number>(64).fill(0) },
    feedback: part,
  }
  const objects = new ObjectSet()
  const { hash } = objects.addJson(asking)
  const all = [...file.objects.filter((object) => object !== file.manifest), hash]
  await writeReleaseDir(dir, objects, registry, { ...file, manifest: hash, objects: all, pointers: {} })
  const side = HEADS + 64
  const curvature = new Float64Array(side * side)
  for (let k = 0; k < side; k++) curvature[k * side + k] = 1
  const popularity = { prior: new Float64Array(959), moved: new Float64Array(959) }
  const belief = beliefOf(HEADS, 8, 1)
  await writeLearningState(dir, { v: 1, site: file.site, round: 0, scoreDeviation: 1, curvature, belief, popularity })
}

const place = () => ({
  configFile: undefined,
  overrides: {},
  edge: undefined,
  tokenEnv: 'UNUSED_TOKEN',
  dir: home.dir,
  channel: 'main',
})
const retrain = () => retrainAggregates({ ...place(), outDir: release, keysDir: keys, dryRun: false }, createIo())

type Asked = { readonly part: FeedbackPart; readonly id: QuestionId; readonly answers: readonly Answer[] }

const words = testWords(7)

/** Posts answers to a running edge, through the real randomiser, each from a network of its own; what it took is written when it stops. */
async function report(batches: readonly Asked[]): Promise<void> {
  const edge = await startEdge(home, { host: '127.0.0.1', port: 0, trustedProxies: ['127.0.0.0/8'] })
  const wire = createPost(edge.url, 'demo')
  let device = 0
  for (const { part, id, answers } of batches) {
    const question = part.plan.questions.find((known) => known.id === id)
    if (question === undefined) throw new Error(`the plan does not ask ${id}`)
    const planTag = planHashOf(part).slice(0, 16)
    const posts = answers.map((answer) => {
      const seed = randomise({ ...question, epsilon: 2 }, answer, words)
      return wire.post(device++, encodeReport({ planTag, qid: question.qid, seed }))
    })
    await Promise.all(posts)
  }
  wire.close()
  await edge.stop()
}

async function everyByte(dir: string): Promise<string[]> {
  const names = (await readdir(dir, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
  const paths = names.map(({ parentPath, name }) => join(parentPath, name)).sort()
  return Promise.all(paths.map(async (path) => `${path} ${(await readFile(path)).toString('base64')}`))
}

const repeat = (count: number, answer: Answer): Answer[] => Array.from({ length: count }, () => answer)

beforeAll(async () => {
  const workspace = await createWorkspace()
  dispose = workspace.dispose
  keys = (await makeKeys(workspace.dir)).dir
  release = await buildTinyRelease(workspace.dir, 'release', 60)
  await makeAsking(release)
  home = await openEdgeHome(join(workspace.dir, 'edge'))
  await publishRelease({ ...place(), releaseDir: release, keysDir: keys, canary: undefined }, createIo())
})
afterAll(() => dispose())

/** The edge draws its stripes anew each day, and the trimmed mean over them how surprising the answers look; after 1,800 reports some draws refuse them. */
const ENOUGH = 3_600

test('under the gates nothing changes; above, the sums become a canary, which clicks that fall roll back', async () => {
  const first = partOf((await readReleaseDir(release)).manifest)
  const misjudged = Float64Array.of(-0.14, 0.09)
  await report([{ part: first, id: 'rank', answers: repeat(900, misjudged) }])
  const before = await everyByte(release)
  expect((await retrain()).summary).toMatchObject({ isChanged: false, noise: [{ refusal: 'too-few-reports' }] })
  expect(await everyByte(release)).toEqual(before)

  await report([{ part: first, id: 'rank', answers: repeat(ENOUGH, misjudged) }])
  expect((await retrain()).summary).toMatchObject({ isChanged: true, published: { live: 'canary10' } })
  const { manifest } = await readReleaseDir(release)
  const second = partOf(manifest)
  expect(manifest.linearHead?.weights[0]).toBeGreaterThan(1)
  expect(manifest.linearHead?.weights[1]).toBeLessThan(1)
  expect(second.noise).toMatchObject([{ question: 'rank', epsilon: 2, refusal: null }])
  expect(planHashOf(second)).not.toBe(planHashOf(first))
  expect((await readLearningState(release)).round).toBe(1)
  await expect(retrain()).rejects.toMatchObject({ code: 'conflict' })

  expect((await judgeCanary(place(), createIo())).summary).toMatchObject({ decision: 'wait' })
  await report([
    { part: first, id: 'canary-main', answers: [...repeat(400, 1), ...repeat(400, 0)] },
    { part: second, id: 'canary-canary', answers: repeat(800, 0) },
  ])
  expect((await judgeCanary(place(), createIo())).summary).toMatchObject({ decision: 'rollback' })
  const { summary } = await listChanges({ ...place() }, createIo())
  expect(JSON.stringify(summary)).toMatch(/sessions with a click: -\d+/)
  expect((await judgeCanary(place(), createIo())).summary).toMatchObject({ decision: 'none' })
})
