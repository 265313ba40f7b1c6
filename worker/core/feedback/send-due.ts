import type { ConsentMode } from '#contract/rpc'
import type { Change, FeedbackState, FeedbackStore } from './store.ts'

/** Least time between two requests. */
const SEND_GAP_MS = 600_000

export type SendDeps = {
  readonly store: FeedbackStore
  readonly nowMs: () => number
  /** The mode in force, signals and stored consent read anew. */
  readonly mode: () => Promise<ConsentMode>
  /** Sends 32 bytes once; whatever becomes of it. */
  readonly post: (bytes: Uint8Array<ArrayBuffer>) => Promise<unknown>
}

/**
 * Sends the report whose time has come, if one has. It leaves the outbox for good before it is sent: no other tab or service worker can send it
 * again, and one that is lost stays charged.
 * @param trustMs - How long ago a page may have found aggregate mode in force at most; a page itself need not ask.
 */
export async function sendDue(
  { store, nowMs, mode, post }: SendDeps,
  trustMs = Number.POSITIVE_INFINITY,
): Promise<void> {
  const now = nowMs()
  const bytes = await store.update((state) => taken(state, now, trustMs))
  if (bytes !== null && (await mode()) === 'aggregate') await post(bytes).catch(() => undefined)
}

/** Takes one report out of the outbox whose time has come, and drops what has expired. */
function taken(state: FeedbackState, now: number, trustMs: number): Change<Uint8Array<ArrayBuffer> | null> {
  if (state.consentAt === null || now - state.lastSentAt < SEND_GAP_MS) return { value: null }
  const ageMs = now - state.seenAt
  if (trustMs < Number.POSITIVE_INFINITY && !(ageMs >= 0 && ageMs <= trustMs)) return { value: null }
  const fresh = state.outbox.filter(({ expires }) => expires > now)
  const next = fresh.find(({ notBefore }) => notBefore <= now)
  const outbox = fresh.filter((waiting) => waiting !== next)
  if (next !== undefined) return { value: next.bytes, state: { ...state, outbox, lastSentAt: now } }
  return { value: null, ...(fresh.length < state.outbox.length ? { state: { ...state, outbox } } : {}) }
}
