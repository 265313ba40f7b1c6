/**
 * Plays devices for a test that has an edge of its own: posts answers about a channel's live release through the client's randomiser, each from a network of its own.
 *
 *     node model-build/simulate/post-answers.ts --edge URL --site SITE --answers '[{"id":"canary-main","count":400,"answer":1}]'
 *
 * `answer` is a cell, 0 or 1, or a vector; `canary-canary` is answered under the plan of the canary, everything else under that of the release.
 */
import { parseArgs } from 'node:util'
import { RecError } from '#contract/errors'
import { chachaState, chachaWords } from '#contract/feedback/chacha20'
import type { QuestionId } from '#contract/feedback/plan'
import { PRESETS } from '#contract/feedback/presets'
import { encodeReport, PLAN_TAG_BYTES } from '#contract/feedback/report'
import { parseManifest } from '#contract/manifest'
import type { SignedPointer } from '#contract/pointer'
import { randomise } from '#worker/core/feedback/randomise'
import { partOf, planHashOf } from '../retrain/learn-release.ts'
import { createPost } from './post-reports.ts'

type Batch = { readonly id: QuestionId; readonly count: number; readonly answer: number | readonly number[] }

/** Requests under way at a time. */
const PIPELINE = 64

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { edge: { type: 'string' }, site: { type: 'string' }, answers: { type: 'string' } },
  })
  const { edge = '', site = '', answers = '[]' } = values
  const base = `${edge}/v1/sites/${site}`
  const pointer = (await (await fetch(`${base}/channels/main`)).json()) as SignedPointer // our own edge's
  const partAt = async (manifest: string) =>
    partOf(parseManifest(await (await fetch(`${base}/objects/${manifest}`)).json()))
  const parts = {
    main: await partAt(pointer.manifest),
    canary: pointer.canary === null ? null : await partAt(pointer.canary.manifest),
  }
  const words = chachaWords(chachaState([7, 0xdeed]))
  const wire = createPost(edge, site)
  let device = 0
  for (const { id, count, answer } of JSON.parse(answers) as readonly Batch[]) {
    const part = id === 'canary-canary' ? parts.canary : parts.main
    const question = part?.plan.questions.find((known) => known.id === id)
    if (part === null || question === undefined) throw new RecError('bad-request', 'the release does not ask this')
    const shape = { ...question, epsilon: PRESETS[part.plan.preset].epsilon }
    const given = typeof answer === 'number' ? answer : Float64Array.from(answer)
    const planTag = planHashOf(part).slice(0, 2 * PLAN_TAG_BYTES)
    for (let sent = 0; sent < count; sent += PIPELINE) {
      const seeds = Array.from({ length: Math.min(PIPELINE, count - sent) }, () => randomise(shape, given, words))
      await Promise.all(seeds.map((seed) => wire.post(device++, encodeReport({ planTag, qid: question.qid, seed }))))
    }
  }
  wire.close()
  process.stdout.write(`${JSON.stringify({ posted: device })}\n`)
}

await main()
