import { cellOrder } from '#contract/feedback/head-cells'
import { EPOCH_MS, epochOf, type Plan, type Question } from '#contract/feedback/plan'
import { PRESETS } from '#contract/feedback/presets'
import { encodeReport, PLAN_TAG_BYTES } from '#contract/feedback/report'
import { answerOf } from './answers.ts'
import { sendDelay } from './delays.ts'
import { dayOf, WINDOW_DAYS } from './ledger.ts'
import { EVENT_AGE_MS, SESSION_MS } from './notes.ts'
import { fraction, randomise, type Words } from './randomise.ts'
import { type Change, type Events, type FeedbackState, NOTHING } from './store.ts'

const REPORT_AGE_MS = 7 * 86_400_000

/** The release's plan as this device was given it. */
export type LivePlan = {
  readonly plan: Plan
  /** SHA-256 of the plan, lower-case hex. */
  readonly hash: string
  /** The model arm of this device in this epoch. */
  readonly arm: 'main' | 'canary'
}

/** One report, written for a debit that was committed before. */
export function writeReport(
  state: FeedbackState,
  events: Events,
  { chosen, now, words }: { readonly chosen: LivePlan; readonly now: number; readonly words: Words },
): Change<void> {
  const { plan, hash, arm } = chosen
  const question = pickQuestion(plan.questions, arm, words)
  if (question === undefined || state.consentAt === null) return NOTHING // consent may have gone since the debit
  const epoch = epochOf(now)
  const isRipe = (at: number) => at <= now - SESSION_MS && at > now - EVENT_AGE_MS
  const ripe = [...events].filter(([, { at, plan: asked }]) => asked === hash && isRipe(at))
  const [key, material] = ripe[Math.floor(fraction(words) * ripe.length)] ?? [null, null]
  const order = cellOrder(hash, epoch)
  const given = answerOf(question, material, { order, wasClicked: state.session.isClicked })
  const { epsilon } = PRESETS[plan.preset]
  const seed = randomise({ ...question, epsilon }, given, words)
  const bytes = encodeReport({ planTag: hash.slice(0, 2 * PLAN_TAG_BYTES), qid: question.qid, seed })
  // Cells of another epoch stand in another order, so that a late report would be noise.
  const lastUse = question.id === 'head' ? (epoch + 1) * EPOCH_MS : Number.POSITIVE_INFINITY
  const waiting = { bytes, notBefore: now + sendDelay(words), expires: Math.min(now + REPORT_AGE_MS, lastUse) }
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  const day = dayOf(now)
  const debits = [
    ...state.debits.filter((debited) => debited.day > day - WINDOW_DAYS),
    { day, epsilon, question: question.id, hex },
  ]
  return {
    ...NOTHING,
    state: { ...state, outbox: [...state.outbox, waiting], debits },
    ...(key === null ? {} : { events: new Map([[key, null]]) }),
  }
}

/** By weight; a canary question is answered as the one of the device's own arm. */
function pickQuestion(questions: readonly Question[], arm: LivePlan['arm'], words: Words): Question | undefined {
  let rest = fraction(words)
  const picked = questions.find(({ weight }) => {
    rest -= weight
    return rest < 0
  })
  return picked?.type === 'bin' ? questions.find(({ id }) => id === `canary-${arm}`) : picked
}
