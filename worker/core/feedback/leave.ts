import type { ForgetOptions } from '#contract/rpc'
import { EMPTY_STATE, type Events, type FeedbackState, type FeedbackStore, NOTHING } from './store.ts'

/** Aggregate mode is over: outbox and events are emptied. It needs nothing of the script that writes reports. */
export function leaveAggregate(store: FeedbackStore): Promise<void> {
  return store.update((state, events) =>
    state.consentAt === null ? NOTHING : { ...NOTHING, ...emptied(state, events) },
  )
}

/** Erases all but the days of the debits, and those too where `ledger` is true; nothing is sent until there is a new consent. */
export function forgetFeedback(store: FeedbackStore, { ledger = false }: ForgetOptions = {}): Promise<void> {
  return store.update((state, events) => {
    const empty = emptied(state, events)
    return { ...NOTHING, ...empty, ...(ledger ? { state: { ...empty.state, days: [] } } : {}) }
  })
}

/** Everything gone but the days. */
function emptied(state: FeedbackState, events: Events) {
  const gone = new Map<string, null>()
  for (const key of events.keys()) gone.set(key, null)
  return { state: { ...EMPTY_STATE, days: state.days }, events: gone }
}
