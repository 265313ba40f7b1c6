import { openCrew } from '../crew/crew.ts'
import { shareParts } from '../crew/shared-parts.ts'
import type { Dataset } from '../dataset.ts'
import { type Paired, pairedInterval } from '../evaluate/intervals.ts'
import { ndcgAt } from '../evaluate/metrics.ts'
import type { TestUser } from '../evaluate/test-users.ts'
import { pickRows } from '../fit/select-users.ts'
import type { ObjectSet } from '../release/object-set.ts'
import type { UpdatedRelease } from './update-cells.ts'

const JUDGED_AT = 20

/** One user in so many with newer rows is judged, at most MOST_USERS. */
const EVERY = 5
const MOST_USERS = 1_500

/** Fewer users say nothing about half a percent. */
const MIN_USERS = 200

/** A log without the newest rows of some users, and what those were. */
export type HeldNewest = { readonly train: Dataset; readonly tested: readonly TestUser[] }

/**
 * Holds out what a fifth of the users did after a time, so that neither the frozen rows nor those solved anew have seen it; null where too few
 * users did anything, or nothing is known of times.
 */
export function holdNewest(dataset: Dataset, sinceMs: number): HeldNewest | null {
  const log = dataset.interactions
  if (log.order !== 'time' || Number.isNaN(sinceMs)) return null
  const kept: number[] = []
  const offsets = new Int32Array(log.userCount + 1)
  const tested: TestUser[] = []
  let active = 0
  for (let user = 0; user < log.userCount; user++) {
    const [from, to] = [log.userOffsets[user], log.userOffsets[user + 1]]
    let end = to
    while (end > from && log.at[end - 1] > sinceMs) end--
    const isAsked = end < to && end > from && active++ % EVERY === 0 && tested.length < MOST_USERS
    const last = isAsked ? end : to
    const known = Int32Array.from({ length: last - from }, (_, k) => kept.length + k)
    for (let k = from; k < last; k++) kept.push(k)
    offsets[user + 1] = kept.length
    if (isAsked) tested.push({ id: '', known, at: Number.NaN, truth: new Set(log.item.subarray(end, to)) })
  }
  if (tested.length < MIN_USERS) return null
  return { train: { ...dataset, interactions: pickRows(log, Int32Array.from(kept), offsets) }, tested }
}

/** A release that was not written, with the objects that it shares with the folder's. */
export type Trial = { readonly release: Pick<UpdatedRelease, 'manifest' | 'objects'>; readonly base: ObjectSet }

/** NDCG@20 of what a device of each release would list for held-out rows, the first over the second. */
export async function compareTrials(
  { train, tested }: HeldNewest,
  itemNos: Uint32Array,
  trials: readonly [Trial, Trial],
  seed: number,
): Promise<Paired> {
  const [a, b] = await Promise.all(trials.map((trial) => ndcgOf(trial, { train, tested }, itemNos)))
  return pairedInterval(a, b, seed)
}

async function ndcgOf({ release, base }: Trial, { train, tested }: HeldNewest, itemNos: Uint32Array) {
  const { manifest, objects } = release
  const all = new Map([...base.entries(), ...objects.entries()])
  const shared = shareParts({ manifest, objects: all, log: train.interactions, itemNos })
  const crew = await openCrew(shared, { graphs: false, ranker: true, asked: tested.length })
  try {
    const plain = { count: JUDGED_AT, rules: null, withCandidates: false }
    const answers = await crew.answers(tested, plain, () => undefined)
    return Float64Array.from(answers, ({ items }, user) => ndcgAt(items, tested[user].truth, JUDGED_AT))
  } finally {
    await crew.close()
  }
}
