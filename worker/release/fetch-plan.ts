import { historyWeights } from '#contract/fold-in'
import { CELL_ROLE } from '#contract/shard-table'
import { type CellChoice, chooseCells } from '#worker/core/choose-cells'
import { findInterests } from '#worker/core/interests'
import type { Profile } from '../profile/profile.ts'
import type { ShardStore } from '../store/ports.ts'
import type { Tier } from '../tiers.ts'
import type { ReleaseRoot } from './root.ts'

/** Interests that cells are chosen for. */
const MOST_INTERESTS = 8

type PlannedRoot = Pick<ReleaseRoot, 'table' | 'manifest'>

const STATE = 'decoys'

export type FetchPlanParts = {
  readonly tier: Pick<Tier, 'residentItems' | 'isFrugal'>
  readonly profile: Pick<Profile, 'summary' | 'snapshots'>
  /** Remembers decoys, so that later choices draw the same. */
  readonly store: Pick<ShardStore, 'readState' | 'writeState'>
  readonly random: () => number
}

/**
 * Decides in which order a device fetches cells. A release that fits the tier is fetched whole, in the public order of all devices; of a larger one the head, then what
 * is near the visitor's interests among sticky decoys. A frugal one gets the head and what is new.
 * @returns Places in the shard table; those behind the tier's room are never reached.
 */
export async function planFetches(root: PlannedRoot, parts: FetchPlanParts): Promise<readonly number[]> {
  const { cells } = root.table
  if (parts.tier.isFrugal) return [...cells.keys()].filter((index) => cells[index]?.role !== CELL_ROLE.cell)
  const items = cells.reduce((sum, { itemCount }) => sum + itemCount, 0)
  if (items <= parts.tier.residentItems) return [...cells.keys()]
  const kept = readDecoys(await parts.store.readState(STATE).catch(() => undefined)) // without it others are drawn
  const { order, decoys } = choose(root, parts, kept)
  if (decoys.length > 0 && decoys.join() !== kept.join())
    await parts.store.writeState(STATE, [...new Set([...kept, ...decoys])]).catch(() => undefined) // the next page draws again
  return order
}

function choose(root: PlannedRoot, { tier, profile, random }: FetchPlanParts, decoys: readonly number[]): CellChoice {
  const space = root.manifest.spaces[0]
  const { table } = root
  const room = tier.residentItems
  const base = { table, scales: space?.scales ?? [], room, decoys, random }
  if (space === undefined) return chooseCells({ ...base, interests: [] })
  const known = profile.summary.liked.flatMap(({ id }) => profile.snapshots.get(id) ?? [])
  const vectors = known.filter(({ spaceId }) => spaceId === space.spaceId).map(({ vector }) => vector)
  const ratio = root.manifest.ordered ? space.encoder.ratio : 1
  const weights = historyWeights(vectors.length, ratio)
  return chooseCells({ ...base, interests: findInterests(vectors, weights, MOST_INTERESTS) })
}

function readDecoys(value: unknown): readonly number[] {
  return Array.isArray(value) ? value.filter((index) => Number.isInteger(index)) : []
}
