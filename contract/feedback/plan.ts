import { RecError } from '../errors.ts'
import { isPresetName, isWithinPreset, type PresetName } from './presets.ts'

/** What a device may be asked. A canary has one question per arm, of which a device answers its own arm's only. */
export const QUESTION_TYPES = {
  rank: 'vec',
  pair: 'vec',
  head: 'hist',
  pos: 'hist',
  'canary-main': 'bin',
  'canary-canary': 'bin',
} as const

export type QuestionId = keyof typeof QUESTION_TYPES

export type QuestionType = (typeof QUESTION_TYPES)[QuestionId]

/** One question as everybody is asked it. */
export type Question = {
  readonly id: QuestionId
  /** Number on the wire, 0…255, once per plan. */
  readonly qid: number
  readonly type: QuestionType
  /** Cells of a histogram, dimensions of a vector, 2 of a yes or no. */
  readonly size: number
  /** Chance of being picked; all of a plan sum to 1. */
  readonly weight: number
  /** Norm that a vector is cut to before it is scaled to at most 1; vectors only. */
  readonly clip?: number
}

/** What is asked in which weeks under which budget; the same for all visitors of a release. */
export type Plan = {
  readonly v: 1
  /** First and last epoch, both included; see `epochOf`. */
  readonly epochFrom: number
  readonly epochTo: number
  readonly preset: PresetName
  readonly questions: readonly Question[]
}

export const EPOCH_MS = 7 * 86_400_000

/** Positions that `pos` tells apart; later ones count as the last. */
export const POSITIONS = 12

/** Cells of `head`: popular items, then buckets of all others, then «no click». */
export const HEAD = { items: 959, buckets: 64, cells: 1_024 } as const

const MOST_QUESTIONS = 8
const MOST_CELLS = 1_024
const PLAN_KEYS = ['v', 'epochFrom', 'epochTo', 'preset', 'questions']
const QUESTION_KEYS = ['id', 'qid', 'type', 'size', 'weight', 'clip']

/** Number of the 7-day step that a time lies in, counted from 1970. */
export function epochOf(atMs: number): number {
  return Math.floor(atMs / EPOCH_MS)
}

/** Whether a device may answer a plan now: within the page's ceiling and in its weeks. Where not, it stays silent. */
export function isPlanUsable(plan: Plan, ceiling: PresetName, nowMs: number): boolean {
  const epoch = epochOf(nowMs)
  return isWithinPreset(plan.preset, ceiling) && epoch >= plan.epochFrom && epoch <= plan.epochTo
}

/**
 * Reads a plan; unknown keys, ids and presets are refused, since whatever a device does not understand it must not answer.
 * @throws RecError `manifest-malformed`
 */
export function parsePlan(value: unknown): Plan {
  const raw = record(value, PLAN_KEYS)
  if (raw.v !== 1) throw bad('v')
  const epochFrom = whole(raw.epochFrom, 1e6, 'epochFrom')
  const epochTo = whole(raw.epochTo, 1e6, 'epochTo')
  if (epochTo < epochFrom) throw bad('epochTo')
  if (!isPresetName(raw.preset)) throw bad('preset')
  if (!Array.isArray(raw.questions) || raw.questions.length < 1 || raw.questions.length > MOST_QUESTIONS)
    throw bad('questions')
  const questions = raw.questions.map(parseQuestion)
  if (new Set(questions.map(({ qid }) => qid)).size !== questions.length) throw bad('qid')
  if (new Set(questions.map(({ id }) => id)).size !== questions.length) throw bad('id')
  const sum = questions.reduce((total, { weight }) => total + weight, 0)
  if (!(Math.abs(sum - 1) <= 1e-9)) throw bad('weight')
  return { v: 1, epochFrom, epochTo, preset: raw.preset, questions }
}

/** The one text of a plan, whose SHA-256 is the plan's hash: JSON with the keys in the order of the types. */
export function encodePlan({ v, epochFrom, epochTo, preset, questions }: Plan): string {
  const list = questions.map(({ id, qid, type, size, weight, clip }) => ({ id, qid, type, size, weight, clip }))
  return JSON.stringify({ v, epochFrom, epochTo, preset, questions: list })
}

function parseQuestion(value: unknown): Question {
  const raw = record(value, QUESTION_KEYS)
  const { id, weight, clip } = raw
  if (typeof id !== 'string' || !Object.hasOwn(QUESTION_TYPES, id)) throw bad('id')
  const known = id as QuestionId // a key of the table
  const type = QUESTION_TYPES[known]
  if (raw.type !== type) throw bad('type')
  const qid = whole(raw.qid, 255, 'qid')
  const size = whole(raw.size, MOST_CELLS, 'size')
  if (!isSizeOf(known, size)) throw bad('size')
  if (typeof weight !== 'number' || !(weight >= 0 && weight <= 1)) throw bad('weight')
  if (clip === undefined) return { id: known, qid, type, size, weight }
  if (type !== 'vec' || typeof clip !== 'number' || !(clip > 0 && clip < 1e6)) throw bad('clip')
  return { id: known, qid, type, size, weight, clip }
}

function isSizeOf(id: QuestionId, size: number): boolean {
  if (id === 'rank') return size >= 1 && size <= 64
  if (id === 'pair') return size === 64 || size === 256
  if (id === 'head') return size === HEAD.cells
  return size === (id === 'pos' ? 2 * POSITIONS + 1 : 2)
}

function record(value: unknown, keys: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad('plan')
  for (const key of Object.keys(value)) if (!keys.includes(key)) throw bad('key')
  return value as Record<string, unknown> // a plain object; callers check each key
}

function whole(value: unknown, most: number, field: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > most) throw bad(field)
  return value
}

function bad(field: string): RecError {
  return new RecError('manifest-malformed', `the feedback plan is wrong: ${field}`)
}
