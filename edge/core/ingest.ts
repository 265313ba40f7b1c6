import { RecError } from '#contract/errors'
import type { BatchReceipt } from '#contract/events'
import { EDGE_LIMITS } from './edge-limits.ts'
import { batchSchema, eventSchema } from './event-schema.ts'
import type { EventRow } from './ports.ts'
import { describeIssues } from './sites.ts'

/** A batch after its events were checked. */
export type CheckedBatch = {
  readonly batch: string
  /** One per pseudonym; empty when every event was refused. */
  readonly rows: readonly EventRow[]
  readonly accepted: number
  readonly refused: BatchReceipt['refused']
}

/**
 * Checks a parsed batch: the envelope as a whole, each event on its own.
 * @param now - Milliseconds; events of more than a day ahead or 30 days ago are refused.
 * @throws RecError `bad-request` when the envelope is wrong; `too-large` when it has too many events.
 */
export function checkBatch(value: unknown, now: number): CheckedBatch {
  const envelope = batchSchema.safeParse(value)
  if (!envelope.success) {
    const isTooLong = envelope.error.issues.some(
      (issue) => issue.code === 'too_big' && issue.path.length === 1 && issue.path[0] === 'events',
    )
    throw new RecError(isTooLong ? 'too-large' : 'bad-request', describeIssues(envelope.error))
  }
  const { batch, events } = envelope.data
  const refused: { index: number; reason: string }[] = []
  const byPseudonym = new Map<string, unknown[]>()
  events.forEach((raw, index) => {
    const event = eventSchema.safeParse(raw)
    const reason = event.success ? timeReason(event.data.at, now) : reasonOf(event.error.issues[0])
    if (!event.success || reason !== undefined) {
      refused.push({ index, reason: reason ?? 'malformed' })
      return
    }
    const known = byPseudonym.get(event.data.pseudonym)
    if (known === undefined) byPseudonym.set(event.data.pseudonym, [event.data])
    else known.push(event.data)
  })
  const rows = [...byPseudonym].map(([pseudonym, kept]) => ({ batch, pseudonym, events: JSON.stringify(kept) }))
  return { batch, rows, accepted: events.length - refused.length, refused }
}

function timeReason(at: number, now: number): string | undefined {
  if (at > now + EDGE_LIMITS.eventFutureMs) return 'at: in the future'
  if (at < now - EDGE_LIMITS.eventAgeMs) return 'at: too old'
  return undefined
}

/** Field and kind of fault; never the value, and an unknown key is not repeated either. */
function reasonOf(issue: { readonly code: string; readonly path: readonly PropertyKey[] } | undefined): string {
  if (issue === undefined) return 'malformed'
  if (issue.code === 'unrecognized_keys') return 'an unknown key'
  return `${String(issue.path[0] ?? 'event')}: ${issue.code === 'custom' ? 'invalid' : issue.code.replaceAll('_', ' ')}`
}
