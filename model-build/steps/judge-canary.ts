import { epochOf, type QuestionId } from '#contract/feedback/plan'
import { parseManifest } from '#contract/manifest'
import type { SignedPointer } from '#contract/pointer'
import type { ChannelRequest, StepIo, StepResult } from '../commands/requests.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import { type CanaryDecision, decideCanary } from '../feedback/canary-decision.ts'
import type { Estimate } from '../feedback/estimate.ts'
import { type AggregateSum, readAggregates } from '../feedback/read-aggregates.ts'
import type { EdgeClient } from '../publish/edge-client.ts'
import { withEdge } from '../publish/with-edge.ts'
import { partOf, planHashOf } from '../retrain/learn-release.ts'

/** What the answers of both arms say, and what was done about it. */
export type Judgement = {
  /** `none` without a canary. */
  readonly decision: CanaryDecision | 'none'
  readonly reason: string
  /** Answers of each arm. */
  readonly main: number
  readonly canary: number
  /** Canary's share of sessions with a click less that of the release before, and its standard error; null before both arms answered. */
  readonly difference: number | null
  readonly standardError: number | null
}

const NO_ANSWERS: Estimate = { count: 0, mean: Float64Array.of(0), variance: Float64Array.of(0) }

/**
 * Body of `pocketshelf judge`, made for a scheduler: promotes a canary or goes back when private answers about clicks per session say so, with the reason in the edge's audit
 * log; does nothing while they are undecided. Needs no signing key.
 */
export async function judgeCanary(request: ChannelRequest, io: StepIo): Promise<StepResult> {
  const config = await resolveConfig(request.configFile, request.overrides)
  const use = { site: config.site.name, publicKey: null, signal: io.signal }
  return withEdge(request, use, async (client) => {
    const judgement = await judge(client, request.channel, Date.now())
    const step = judgement.decision === 'promote' ? 'full' : judgement.decision === 'rollback' ? 'rollback' : null
    if (step !== null) await client.step(request.channel, step, { reason: judgement.reason })
    return { summary: judgement, lines: [`${judgement.decision}: ${judgement.reason}`] }
  })
}

async function judge(client: EdgeClient, channel: string, nowMs: number): Promise<Judgement> {
  const pointer = await client.livePointer(channel)
  if (pointer === null || pointer.canary === null)
    return { ...counts(NO_ANSWERS, NO_ANSWERS), decision: 'none', reason: 'no canary is on its way' }
  const { main, canary, epsilon } = await readArms(client, { ...pointer, canary: pointer.canary })
  const epochs = epochOf(nowMs) - epochOf(Date.parse(pointer.issuedAt))
  if (main.count === 0 || canary.count === 0)
    return {
      ...counts(main, canary),
      decision: epochs >= 4 ? 'hold' : 'wait',
      reason: 'one of the arms has not answered yet',
    }
  const { decision, difference, standardError } = decideCanary(main, canary, { epsilon, epochs })
  const points = (value: number) => `${(100 * value).toFixed(1)} points`
  const reason = `sessions with a click: ${points(difference)} against the release before, s.e. ${points(standardError)}, ${canary.count} and ${main.count} private answers of epsilon ${epsilon}`
  return { ...counts(main, canary), decision, reason, difference, standardError }
}

function counts(main: Estimate, canary: Estimate) {
  return { main: main.count, canary: canary.count, difference: null, standardError: null }
}

type Canaried = SignedPointer & { readonly canary: NonNullable<SignedPointer['canary']> }

/** Each arm answers under the plan of its own release; answers from before the canary count for neither. */
async function readArms(client: EdgeClient, pointer: Canaried) {
  const since = epochOf(Date.parse(pointer.issuedAt))
  const sums = (await client.sums()).filter(({ epoch }) => epoch >= since)
  const main = await readArm(client, { manifest: pointer.manifest, sums, id: 'canary-main' })
  const canary = await readArm(client, { manifest: pointer.canary.manifest, sums, id: 'canary-canary' })
  return { main: main.answers, canary: canary.answers, epsilon: Math.min(main.epsilon, canary.epsilon) }
}

async function readArm(
  client: EdgeClient,
  {
    manifest,
    sums,
    id,
  }: { readonly manifest: string; readonly sums: readonly AggregateSum[]; readonly id: QuestionId },
) {
  const bytes = await client.getObject(manifest)
  const part = partOf(parseManifest(JSON.parse(new TextDecoder().decode(bytes))))
  const { pooled, epsilon } = readAggregates(part.plan, planHashOf(part), sums)
  return { answers: pooled.get(id) ?? NO_ANSWERS, epsilon }
}
