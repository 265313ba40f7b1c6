import type { WireError } from '#contract/errors'
import type { StoredEventRow } from '../core/ports.ts'
import type { Append } from './event-database.ts'

/** What the event worker is started with. */
export type EventWorkerData = { readonly path: string; readonly maxBytes: number }

/** Calls to the event worker; `now` comes from the edge's clock. */
export type EventCall =
  | { readonly kind: 'append'; readonly batches: readonly Append[]; readonly now: number }
  | { readonly kind: 'read'; readonly site: string; readonly after: number; readonly limit: number }
  | { readonly kind: 'forget'; readonly site: string; readonly pseudonym: string; readonly now: number }
  | { readonly kind: 'prune'; readonly before: number }
  | { readonly kind: 'tidy'; readonly now: number }
  | { readonly kind: 'close' }

/** Answers by kind of call. */
export type EventAnswers = {
  append: readonly boolean[]
  read: readonly StoredEventRow[]
  forget: null
  prune: number
  tidy: null
  close: null
}

export type EventReply =
  | { readonly id: number; readonly value: EventAnswers[keyof EventAnswers] }
  | { readonly id: number; readonly error: WireError }
