import type { FeedbackStatus } from '#contract/rpc'
import type { Material } from './answers.ts'

/** A report on its way: 32 bytes that were randomised when it was written. */
export type Waiting = {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly notBefore: number
  readonly expires: number
}

/** Everything the feedback knows besides its events. */
export type FeedbackState = {
  /** When aggregate mode began, ms; null outside it. */
  readonly consentAt: number | null
  /** When a page last found aggregate mode in force, ms, to the hour; a service worker sees no signal that only pages are told of. */
  readonly seenAt: number
  /** No report is written before this, ms. */
  readonly dueAt: number
  /** UTC day numbers of the debits, ascending, as far as they count; the only part that `forget` keeps. */
  readonly days: readonly number[]
  readonly outbox: readonly Waiting[]
  /** ms; 0 for never. */
  readonly lastSentAt: number
  readonly debits: FeedbackStatus['debits']
  /** The last session that showed recommendations. */
  readonly session: { readonly at: number; readonly isClicked: boolean }
}

export const EMPTY_STATE: FeedbackState = {
  consentAt: null,
  seenAt: 0,
  dueAt: 0,
  days: [],
  outbox: [],
  lastSentAt: 0,
  debits: [],
  session: { at: 0, isClicked: false },
}

/** Whether a state says nothing of anybody, so that a store need not keep it. */
export function isEmptyState({ consentAt, days, outbox, debits, lastSentAt, session }: FeedbackState): boolean {
  const isUsed = days.length > 0 || outbox.length > 0 || debits.length > 0
  return consentAt === null && !isUsed && lastSentAt === 0 && session.at === 0
}

/** What a transaction leaves behind. */
export type Change<T> = {
  readonly value: T
  /** Absent: as it was. */
  readonly state?: FeedbackState
  /** Events to write by key, or to remove where the value is null. */
  readonly events?: ReadonlyMap<string, Material | null>
}

/** The feedback's own database. Rejects with RecError `storage-refused` or `quota-exceeded`; then nothing was changed. */
export interface FeedbackStore {
  /** Reads everything, lets `decide` choose, and writes, in one transaction that no other tab can interleave. */
  update<T>(decide: (state: FeedbackState, events: ReadonlyMap<string, Material>) => Change<T>): Promise<T>
  close(): void
}

/** Material by key. */
export type Events = ReadonlyMap<string, Material>

/** A change that leaves everything as it was. */
export const NOTHING: Change<void> = { value: undefined }
