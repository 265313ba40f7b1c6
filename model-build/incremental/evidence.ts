import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { FEATURE_LAYOUT } from '#contract/features'
import type { Config } from '../config/schema.ts'
import type { Interactions } from '../dataset.ts'
import type { ModelOptions } from '../fit/fit-models.ts'
import { replaceFile } from '../release/release-dir.ts'

/** What a log says of each item when it was last solved, by itemNo: distinct users and the sum of their weights; zeros below `minSupport` users. */
export type ItemEvidence = { readonly users: Float64Array; readonly weight: Float64Array }

/**
 * `evidence.bin` beside a release: what an incremental build compares today's log with. Sums per item, no user and no row; never published.
 */
export type EvidenceState = {
  readonly v: 1
  /** Name of the full build that it belongs to. */
  readonly base: string
  /** Of the settings that a full build follows from; see `settingsKey`. */
  readonly settings: string
  /** What validation chose in the full build. */
  readonly models: ModelOptions
  readonly contentRidge: number | null
  /** Newest row of the full build and of the last build, ms; NaN without real times. */
  readonly builtAt: number
  readonly solvedAt: number
  readonly items: ItemEvidence
}

const FILE = 'evidence.bin'

/** Names the settings that models and cells follow from; rules, gate and increments may change between full builds. */
export function settingsKey(config: Config): string {
  const { rules: _rules, gate: _gate, increment: _increment, feedback: _feedback, ...rest } = config
  return createHash('sha256')
    .update(JSON.stringify([rest, FEATURE_LAYOUT]))
    .digest('hex')
    .slice(0, 16)
}

export async function writeEvidence(dir: string, state: EvidenceState): Promise<void> {
  await replaceFile(join(dir, FILE), serialize(state))
}

/** The state of a folder, or null where there is none that can be read: then a build starts afresh. */
export async function readEvidence(dir: string): Promise<EvidenceState | null> {
  try {
    const state = deserialize(await readFile(join(dir, FILE))) as Partial<EvidenceState> | null // the version says the rest
    return state?.v === 1 ? (state as EvidenceState) : null
  } catch {
    return null
  }
}

/** Sums a log by itemNo. @param itemNoEnd - Highest itemNo + 1. */
export function countEvidence(
  log: Interactions,
  {
    itemNos,
    itemNoEnd,
    minSupport,
  }: { readonly itemNos: Uint32Array; readonly itemNoEnd: number; readonly minSupport: number },
): ItemEvidence {
  const users = new Float64Array(itemNoEnd)
  const weight = new Float64Array(itemNoEnd)
  for (let k = 0; k < log.item.length; k++) {
    const itemNo = itemNos[log.item[k]]
    users[itemNo]++
    weight[itemNo] += log.weight[k]
  }
  users.forEach((count, itemNo) => {
    if (count >= minSupport) return
    users[itemNo] = 0
    weight[itemNo] = 0
  })
  return { users, weight }
}

/**
 * Which items to solve anew: those whose number of users or sum of weights differs from when they were last solved by more than a share of it.
 * @returns 1 by itemNo.
 */
export function findMoved(before: ItemEvidence, now: ItemEvidence, minChange: number): Uint8Array {
  const differs = (then: Float64Array, today: Float64Array, itemNo: number): boolean =>
    Math.abs(today[itemNo] - (then[itemNo] ?? 0)) > minChange * (then[itemNo] ?? 0)
  return Uint8Array.from(now.users, (_, itemNo) =>
    differs(before.users, now.users, itemNo) || differs(before.weight, now.weight, itemNo) ? 1 : 0,
  )
}

/** Evidence after some items were solved anew: theirs is today's, that of the others stays, so that small changes add up. */
export function settleEvidence(before: ItemEvidence, now: ItemEvidence, moved: Uint8Array): ItemEvidence {
  const settle = (then: Float64Array, today: Float64Array) =>
    today.map((value, itemNo) => (moved[itemNo] === 1 ? value : (then[itemNo] ?? 0)))
  return { users: settle(before.users, now.users), weight: settle(before.weight, now.weight) }
}
