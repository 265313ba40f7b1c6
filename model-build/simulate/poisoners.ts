import { PRESETS } from '#contract/feedback/presets'
import { encodeReport, PLAN_TAG_BYTES } from '#contract/feedback/report'
import { addSeed, STRIPES, sumLength } from '#contract/feedback/sums'
import type { Config } from '../config/schema.ts'
import type { AggregateSum } from '../feedback/read-aggregates.ts'
import { learnRelease } from '../retrain/learn-release.ts'
import { type Arsenal, type Forged, forge, type Knowledge, TACTICS } from './attack.ts'
import { exposureOf, type JudgedRelease, judgeRelease } from './judge-release.ts'
import type { PostFrom } from './post-reports.ts'
import { judgedUsers, type World } from './world.ts'

/** Devices that send what harms most, and where they sit. */
export type Poison = {
  readonly devices: number
  /** Networks (/24) that they share. */
  readonly prefixes: number
  /** Reports that each sends in a week; honest ones send 2 on average. */
  readonly reportsPerWeek: number
  /** Index of the item that they push. */
  readonly target: number
}

/** Where an attack is rehearsed, and against what. */
export type Stage = {
  readonly world: World
  readonly release: JudgedRelease
  readonly known: Knowledge
  readonly arsenal: Arsenal
  readonly isDefended: boolean
  readonly feedback: Config['feedback']
  readonly heldShare: number
  readonly seed: number
}

/** Users whose lists a rehearsal looks at; none of them is held out. */
const AUDIENCE = 150

/**
 * The reports of the tactic that does most in a rehearsal: the attacker computes what the build would make of each among as many honest reports as are expected,
 * and takes the one that puts the item into most lists or, where none does, costs the lists most.
 */
export async function rehearse({ target, ...poison }: Poison, stage: Stage): Promise<readonly Forged[]> {
  const { world, release, known, arsenal } = stage
  const users = world.deviceUsers.slice(0, AUDIENCE)
  const audience = { ...world, judged: judgedUsers(world.dataset, users, stage) }
  const tried: { readonly forged: readonly Forged[]; readonly exposure: number; readonly ndcg20: number }[] = []
  for (const tactic of TACTICS) {
    const count = poison.devices * poison.reportsPerWeek
    const forged = forge(count, tactic, arsenal)
    const { feedback, isDefended } = stage
    const parts = { manifest: release.manifest, state: known.state, feedback, nowMs: 0, isDefended }
    const learnt = learnRelease({ ...parts, sums: expectedSums(known, forged) })
    const manifest = learnt.release?.manifest ?? release.manifest
    const judged = await judgeRelease(audience, { ...release, manifest }, null)
    tried.push({ forged, exposure: exposureOf(judged, target), ndcg20: judged.ndcg20 })
  }
  return tried.sort((a, b) => b.exposure - a.exposure || a.ndcg20 - b.ndcg20)[0].forged
}

/** Sums of forged reports and of honest ones that say nothing on average; histograms, of which no share is zero on average, are left out. */
function expectedSums({ part, planHash, epoch, expected }: Knowledge, forged: readonly Forged[]): AggregateSum[] {
  const { epsilon } = PRESETS[part.plan.preset]
  return part.plan.questions
    .filter(({ type }) => type === 'vec')
    .flatMap((question) =>
      Array.from({ length: STRIPES }, (_, stripe) => {
        const mine = forged.filter(({ id }, k) => id === question.id && k % STRIPES === stripe)
        const sum = new Float64Array(sumLength(question))
        for (const { seed } of mine) addSeed({ ...question, epsilon }, seed, sum)
        const count = Math.ceil((question.weight * expected) / STRIPES) + mine.length
        return { plan: planHash, epoch, qid: question.qid, stripe, count, sum: Array.from(sum) }
      }),
    )
}

/** Requests under way at a time. */
const PIPELINE = 64

/**
 * Sends forged reports.
 * @param prefixes - Networks that they come from, in turn.
 */
export async function postForged(
  forged: readonly Forged[],
  { part, planHash }: Pick<Knowledge, 'part' | 'planHash'>,
  { post, prefixes }: { readonly post: PostFrom; readonly prefixes: number },
): Promise<void> {
  const planTag = planHash.slice(0, 2 * PLAN_TAG_BYTES)
  const qidOf = new Map(part.plan.questions.map(({ id, qid }) => [id, qid]))
  for (let from = 0; from < forged.length; from += PIPELINE)
    await Promise.all(
      forged.slice(from, from + PIPELINE).map(({ id, seed }, i) => {
        const bytes = encodeReport({ planTag, qid: qidOf.get(id) ?? 0, seed })
        return post(addressOf((from + i) % prefixes), bytes)
      }),
    )
}

/** An address in a /24 that no honest device of a simulation has. */
function addressOf(prefix: number): string {
  return `${10 + ((prefix >> 16) % 10)}.${(prefix >> 8) & 255}.${prefix & 255}.1`
}
