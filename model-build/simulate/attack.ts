import { RecError } from '#contract/errors'
import { cellOrder, headCell } from '#contract/feedback/head-cells'
import type { FeedbackPart } from '#contract/feedback/learning'
import { vecScale } from '#contract/feedback/normal-law'
import type { QuestionId } from '#contract/feedback/plan'
import { PRESETS } from '#contract/feedback/presets'
import type { Seed } from '#contract/feedback/seeds'
import { expandSeed } from '#contract/feedback/sums'
import { freshSeed, type Words } from '#worker/core/feedback/randomise'
import type { Model } from '#worker/core/model'
import { factorise, solve } from '../feedback/cholesky.ts'
import type { LearningState } from '../feedback/learning-state.ts'
import { responseOf } from '../feedback/update-weights.ts'
import { type OpenVisit, openVisits, type PlayParts } from './visits.ts'

/** Places of a list whose reader sees an item exposed. */
const EXPOSED = 20

/** Seeds that an attacker tries for one question, and those that push furthest, which are sent again and again: one alone would push its own noise too. */
const TRIES = 40_000
const KEPT = 31

/** A report that came out of a search, not of chance. */
export type Forged = { readonly id: QuestionId; readonly seed: Seed }

/** How an attacker goes about it: which questions are answered in turn, and towards what. */
export type Tactic = {
  readonly name: string
  readonly turn: readonly ('rank' | 'pair' | 'head')[]
  /** `taker` answers as visitors would who take the item whatever the list; `gain` as moves its score furthest through what the build makes of answers. */
  readonly towards: 'taker' | 'gain'
}

const TURNS = { pair: ['pair'], rank: ['rank'], all: ['pair', 'rank', 'pair', 'rank', 'head'] } as const

export const TACTICS: readonly Tactic[] = (['taker', 'gain'] as const).flatMap((towards) =>
  Object.entries(TURNS).map(([name, turn]) => ({ name: `${towards} ${name}`, turn, towards })),
)

/** What an attacker knows: all that is public, all that the build knows, and what many lists show. */
export type Knowledge = {
  readonly model: Model
  readonly state: LearningState
  readonly part: FeedbackPart
  /** SHA-256 of the plan, lower-case hex. */
  readonly planHash: string
  readonly epoch: number
  readonly visits: readonly OpenVisit[]
  /** Honest reports that are expected, of all questions together. */
  readonly expected: number
}

/** Opens lists of the release as an attacker can who has many histories. */
export async function spy(parts: PlayParts): Promise<readonly OpenVisit[]> {
  const visits: OpenVisit[] = []
  for await (const visit of openVisits(parts, EXPOSED)) visits.push(visit)
  return visits
}

/**
 * The item that an attacker can do most for: no more popular than half of all, in none of the lists, and in as many as possible of the sets that they were chosen from.
 * @returns Its itemNo. @throws RecError `input-malformed` when there is none: every unpopular item is shown to somebody, or comes into question for nobody.
 */
export function chooseTarget({ catalogue }: Pick<Model, 'catalogue'>, visits: readonly OpenVisit[]): number {
  const { popularity } = catalogue.columns
  const median = [...popularity].sort((a, b) => a - b)[Math.floor(popularity.length / 2)]
  const shown = new Set(visits.flatMap((visit) => visit.shown))
  const counts = new Int32Array(catalogue.rowCount)
  for (const { rows } of visits) for (const row of rows) counts[row]++
  let best = -1
  for (let row = 0; row < counts.length; row++) {
    if (popularity[row] > median || counts[row] === 0 || shown.has(catalogue.itemNoOf[row])) continue
    if (best < 0 || counts[row] > counts[best]) best = row
  }
  if (best < 0) throw new RecError('input-malformed', 'no unpopular item is one that an attacker could push')
  return catalogue.itemNoOf[best]
}

type Towards = Tactic['towards']
type Asked = Tactic['turn'][number]

/** Seeds that push an item, by direction and question. */
export type Arsenal = Readonly<Record<Towards, Readonly<Record<Asked, readonly Seed[]>>>>

/** Searches the seeds that push an item furthest, each of them one that an honest device could send. @param target - Its itemNo. */
export function arm(target: number, known: Knowledge, words: Words): Arsenal {
  const { model, part, planHash, epoch, visits } = known
  const { questions, preset } = part.plan
  const find = (id: Asked, wishOf: (size: number) => Float64Array): readonly Seed[] => {
    const question = questions.find((asked) => asked.id === id)
    if (question === undefined) return []
    return bestSeeds({ ...question, epsilon: PRESETS[preset].epsilon }, wishOf(question.size), words)
  }
  const popular = model.manifest.lists.find(({ scene }) => scene === 'popular')?.items ?? []
  const cell = cellOrder(planHash, epoch)[headCell(target, popular.indexOf(target))]
  const head = find('head', (size) => oneCell(size, cell))
  const takes = visits.flatMap(({ lesson }) => lesson.take(target) ?? [])
  const sumOf = (id: 'rank' | 'pair') => {
    const size = questions.find((asked) => asked.id === id)?.size ?? 0
    return takes.reduce((sum, take) => sum.map((value, d) => value + take[id][d]), new Float64Array(size))
  }
  const [rank, pair] = [sumOf('rank'), sumOf('pair')]
  const gain = throughBuild(rank, pair, known)
  return {
    taker: { rank: find('rank', () => rank), pair: find('pair', () => pair), head },
    gain: { rank: find('rank', () => gain.rank), pair: find('pair', () => gain.pair), head },
  }
}

/** Forged reports of a tactic, in the order of its turns. */
export function forge(count: number, { turn, towards }: Tactic, arsenal: Arsenal): readonly Forged[] {
  return Array.from({ length: count }, (_, k) => {
    const id = turn[k % turn.length]
    return { id, seed: arsenal[towards][id][k % KEPT] }
  })
}

/** Hits the cell and as few others as possible. */
function oneCell(size: number, cell: number): Float64Array {
  const wish = new Float64Array(size).fill(-1)
  wish[cell] = size
  return wish
}

/** Turns the direction in which weights should move into the one in which mean answers must, for the build's step to go there: its transpose. */
function throughBuild(rank: Float64Array, pair: Float64Array, { state, part, expected }: Knowledge) {
  const { side, precision } = state.belief
  const heads = rank.length
  const response = responseOf({ curvature: state.curvature, slope: part.calibration.slope })
  const scale = vecScale(PRESETS[part.plan.preset].epsilon)
  const asked = (id: QuestionId) => {
    const { clip = 1, weight = 0 } = part.plan.questions.find((question) => question.id === id) ?? {}
    return { clip, certainty: (expected * weight * scale * scale) / (clip * clip) }
  }
  const [ofRank, ofPair] = [asked('rank'), asked('pair')]
  const answers = Array.from({ length: side }, (_, k) => (k < heads ? ofRank : ofPair))
  const after = precision.slice()
  for (let m = 0; m < side; m++)
    for (let r = 0; r < side; r++)
      for (let c = 0; c < side; c++)
        after[r * side + c] += answers[m].certainty * response[m * side + r] * response[m * side + c]
  const wanted = Float64Array.from({ length: side }, (_, k) => (k < heads ? -rank[k] : pair[k - heads]))
  const solved = solve(factorise(after, side), wanted)
  const pushed = Float64Array.from({ length: side }, (_, m) => {
    let sum = 0
    for (let k = 0; k < side; k++) sum += response[m * side + k] * solved[k]
    return sum * answers[m].certainty * answers[m].clip
  })
  return { rank: pushed.slice(0, heads).map((value) => -value), pair: pushed.slice(heads) }
}

/** Of many seeds those whose expansion lies furthest along a direction, best first. */
function bestSeeds(shape: Parameters<typeof expandSeed>[0], wish: Float64Array, words: Words): readonly Seed[] {
  const best: { readonly seed: Seed; readonly push: number }[] = []
  for (let i = 0; i < TRIES; i++) {
    const seed = freshSeed(shape, words)
    const sum = expandSeed(shape, seed)
    let push = 0
    for (let d = 0; d < sum.length; d++) push += wish[d] * sum[d]
    if (best.length === KEPT && push <= best[KEPT - 1].push) continue
    best.push({ seed, push })
    best.sort((a, b) => b.push - a.push)
    if (best.length > KEPT) best.pop()
  }
  return best.map(({ seed }) => seed)
}
