import type { HistoryItem } from '#contract/features'
import { historyItemOf } from '#worker/core/history-item'
import type { Model } from '#worker/core/model'
import type { Profile, Snapshot } from './profile/profile.ts'

/** The visitor in the terms of one model. */
export type Visitor = {
  /** Latest first; items of which neither the model nor the device knows a vector are missing. */
  readonly history: readonly HistoryItem[]
  readonly hidden: readonly number[]
  /** Showings without a click by itemNo. */
  readonly shown: ReadonlyMap<number, number>
  /** Text ids of the history by itemNo. */
  readonly idOf: ReadonlyMap<number, string>
}

/** Reads the profile through a model, and says which snapshots of resident items are new or changed. */
export function readVisitor(
  model: Model,
  profile: Profile,
): { visitor: Visitor; changed: ReadonlyMap<string, Snapshot> } {
  const { catalogue, manifest } = model
  const spaceId = manifest.spaces[0]?.spaceId ?? ''
  const { liked, blocked, shown } = profile.summary
  const changed = new Map<string, Snapshot>()
  const history: HistoryItem[] = []
  const idOf = new Map<number, string>()
  for (const { id, at } of liked) {
    const kept = profile.snapshots.get(id)
    const row = catalogue.rowOfId(id)
    if (row >= 0) {
      const item = historyItemOf(catalogue, row, at)
      history.push(item)
      if (kept === undefined || !isSame(kept, item, spaceId)) changed.set(id, snapshotOf(item, spaceId))
    } else if (kept !== undefined && kept.spaceId === spaceId) history.push({ ...kept, at })
    else continue
    idOf.set(history.at(-1)?.itemNo ?? -1, id)
  }
  const rows = (id: string): number => catalogue.rowOfId(id)
  const hidden = [...blocked].map(rows).filter((row) => row >= 0)
  const showings = [...shown].map(([id, times]) => [rows(id), times] as const).filter(([row]) => row >= 0)
  const visitor: Visitor = {
    history,
    hidden: hidden.map((row) => catalogue.itemNoOf[row]),
    shown: new Map(showings.map(([row, times]) => [catalogue.itemNoOf[row], times])),
    idOf,
  }
  return { visitor, changed }
}

function snapshotOf({ at: _when, ...item }: HistoryItem, spaceId: string): Snapshot {
  return { ...item, spaceId }
}

function isSame(kept: Snapshot, item: HistoryItem, spaceId: string): boolean {
  return (
    kept.spaceId === spaceId &&
    kept.itemNo === item.itemNo &&
    kept.popularity === item.popularity &&
    kept.category === item.category &&
    kept.createdDay === item.createdDay &&
    Object.is(kept.price, item.price) &&
    equal(kept.vector, item.vector) &&
    equal(kept.tags, item.tags)
  )
}

function equal(a: Float32Array | Uint16Array, b: Float32Array | Uint16Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i])
}
