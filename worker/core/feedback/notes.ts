import type { Material } from './answers.ts'
import { type Change, type Events, type FeedbackState, NOTHING } from './store.ts'

const MOST_EVENTS = 200

/** Material is dropped at this age. */
export const EVENT_AGE_MS = 14 * 86_400_000

/** A list may still be clicked for this long; a longer pause begins another session. */
export const SESSION_MS = 1_800_000

/** What happened to a list; `key` names it on this device only. */
export type FeedbackNote =
  | { readonly type: 'shown'; readonly key: string; readonly material: Material }
  | {
      readonly type: 'taken'
      readonly key: string
      /** Place in the list, null where the visitor found it otherwise. */
      readonly position: number | null
      readonly take: Pick<Material, 'rank' | 'pair'> & { readonly cell: number }
    }

/** What a note changes. Only lists of aggregate mode are kept, and of those the latest. */
export function noted(state: FeedbackState, events: Events, note: FeedbackNote, now: number): Change<void> {
  if (state.consentAt === null) return NOTHING
  const { session } = state
  if (note.type === 'shown') {
    const isNew = now - session.at > SESSION_MS
    const changes = new Map<string, Material | null>()
    const kept = [...events].filter(([, { at }]) => at > now - EVENT_AGE_MS).sort(([, a], [, b]) => b.at - a.at)
    const keys = new Set(kept.slice(0, MOST_EVENTS - 1).map(([key]) => key))
    for (const key of events.keys()) if (!keys.has(key)) changes.set(key, null)
    changes.set(note.key, note.material)
    return {
      ...NOTHING,
      state: { ...state, session: { at: now, isClicked: !isNew && session.isClicked } },
      events: changes,
    }
  }
  const clicked = { ...state, session: { ...session, isClicked: session.isClicked || note.position !== null } }
  const known = events.get(note.key)
  if (known === undefined) return { ...NOTHING, state: clicked }
  return { ...NOTHING, state: clicked, events: new Map([[note.key, withTake(known, note)]]) }
}

function withTake(known: Material, { position, take }: Extract<FeedbackNote, { type: 'taken' }>): Material {
  const isSample = known.sample.position === position
  return {
    ...known,
    takes: known.takes + 1,
    rank: known.rank.map((value, d) => value + take.rank[d]),
    pair: known.pair.map((value, d) => value + take.pair[d]),
    cell: known.cell ?? take.cell,
    sample: isSample ? { ...known.sample, isClicked: true } : known.sample,
  }
}
