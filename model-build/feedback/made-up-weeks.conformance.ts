import { createHash } from 'node:crypto'
import { encodePlan, HEAD, POSITIONS, type Question } from '#contract/feedback/plan'
import { PRESETS } from '#contract/feedback/presets'
import { addSeed, sumLength } from '#contract/feedback/sums'
import { answerOf } from '#worker/core/feedback/answers'
import { type Lesson, openLesson } from '#worker/core/feedback/lesson'
import { randomise } from '#worker/core/feedback/randomise'
import { applyAggregates } from './apply-aggregates.ts'
import { curvatureOf } from './curvature.ts'
import { testWords } from './device-reports.conformance.ts'
import { beliefOf } from './learning-state.ts'
import { drawWanted, type Learnt, type MadeUpVisitor, type MadeUpWorld, scoresOf } from './made-up-world.conformance.ts'
import { makePlan, type QuestionShares } from './make-plan.ts'
import type { AggregateSum } from './read-aggregates.ts'
import { norm } from './trust-region.ts'

/** Lists that curvature and clips are measured on. */
const OWN_LISTS = 300
const STRIPES = 16
const NOW = 1_795_132_800_000

export type Weeks = {
  readonly weeks: number
  /** Reports of all questions in a week. */
  readonly reports: number
  readonly shares: QuestionShares
  readonly isDefended?: boolean
}

/** Plays weeks: visitors take what they want, devices answer through the randomiser, the build updates the release. @returns What was learnt after each week. */
export function playWeeks(world: MadeUpWorld, { weeks, reports, shares, isDefended = true }: Weeks): Learnt[] {
  const { start, calibration, scoreDeviation, visitors } = world
  const { slope, featureScale } = calibration
  const words = testWords(77)
  const heads = start.linearHead.features.length
  const own = visitors.slice(0, OWN_LISTS)
  const curvature = curvatureOf(
    own.map(({ list }) => list),
    { columns: start.linearHead.features, featureScale, bilinear: start.bilinear, slope },
  )
  const clips = clipsOf(world, own)
  const popularity = { prior: new Float64Array(HEAD.items), moved: new Float64Array(HEAD.items) }
  const after: Learnt[] = []
  let now = { ...start, belief: beliefOf(heads, start.bilinear.dim, slope) }
  for (let round = 0; round < weeks; round++) {
    const plan = makePlan({
      preset: 'standard',
      shares,
      round,
      heads,
      bilinearDim: start.bilinear.dim,
      clips,
      nowMs: NOW,
    })
    const planHash = createHash('sha256').update(encodePlan(plan)).digest('hex')
    const ask = askVisitors(world, now)
    const sums = plan.questions
      .filter(({ id }) => id === 'rank' || id === 'pair')
      .flatMap((question) => sumsOf(question, Math.round(question.weight * reports)))
    function sumsOf(question: Question, count: number): AggregateSum[] {
      const shape = { type: question.type, size: question.size, epsilon: PRESETS.standard.epsilon }
      const stripes = Array.from({ length: STRIPES }, () => ({ count: 0, sum: new Float64Array(sumLength(shape)) }))
      for (let n = 0; n < count; n++) {
        const stripe = stripes[words() % STRIPES]
        addSeed(shape, randomise(shape, ask(question), words), stripe.sum)
        stripe.count++
      }
      const { qid } = question
      return stripes.map(({ sum, ...rest }, stripe) => ({
        ...rest,
        plan: planHash,
        epoch: plan.epochFrom,
        qid,
        stripe,
        sum: Array.from(sum),
      }))
    }
    const part = { plan, calibration, propensities: new Array<number>(POSITIONS).fill(1), noise: [] }
    const state = { belief: now.belief, curvature, scoreDeviation, popularity }
    const { linearHead, bilinear } = now
    const { weights } = applyAggregates({ part, planHash, linearHead, bilinear, state, isDefended }, sums)
    now = weights ?? now
    after.push({ linearHead: now.linearHead, bilinear: now.bilinear })
  }
  return after
}

/** Answers of random visitors under a release. */
function askVisitors({ model, visitors, calibration, random }: MadeUpWorld, learnt: Learnt) {
  const manifest = { ...model.manifest, linearHead: learnt.linearHead, bilinear: learnt.bilinear }
  const lessons = new Map<MadeUpVisitor, Lesson>()
  const lessonOf = (visitor: MadeUpVisitor): Lesson => {
    const { list } = visitor
    const known = lessons.get(visitor)
    if (known !== undefined) return known
    const lesson = openLesson({ ...model, manifest }, { ...list, scores: scoresOf(model, learnt, list) }, calibration)
    lessons.set(visitor, lesson)
    return lesson
  }
  return (question: Question) => {
    const visitor = visitors[Math.floor(random() * visitors.length)]
    const row = visitor.list.set.rows[drawWanted(visitor.chances, random)]
    const take = lessonOf(visitor).take(model.catalogue.itemNoOf[row])
    if (take === null) throw new Error('a visitor takes from the list')
    const material = { ...take, at: NOW, takes: 1, sample: { position: 0, isClicked: true } }
    return answerOf(question, material, { order: new Uint16Array(HEAD.cells), wasClicked: true })
  }
}

/** Six of ten answers are not cut. */
function clipsOf(world: MadeUpWorld, visitors: readonly MadeUpVisitor[]) {
  const { model, start, calibration, random } = world
  const manifest = { ...model.manifest, ...start }
  const takes = visitors.flatMap(({ list, chances }) => {
    const row = list.set.rows[drawWanted(chances, random)]
    return openLesson({ ...model, manifest }, list, calibration).take(model.catalogue.itemNoOf[row]) ?? []
  })
  const quantile = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(0.6 * values.length)]
  return {
    rank: Math.fround(quantile(takes.map(({ rank }) => norm(rank)))),
    pair: Math.fround(quantile(takes.map(({ pair }) => norm(pair)))),
  }
}
