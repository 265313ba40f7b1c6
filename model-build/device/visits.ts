import { SCENES } from '#contract/events'
import type { FeatureContext, HistoryItem } from '#contract/features'
import { createBlocked } from '#worker/core/blocked'
import type { Query } from '#worker/core/candidates'
import { historyItemOf } from '#worker/core/history-item'
import type { Model } from '#worker/core/model'
import type { Interactions } from '../dataset.ts'

/** One visit to a release by a user of a log: what the device knew, and when it was asked. */
export type Visit = {
  /** Rows of the log, oldest first. */
  readonly known: Int32Array
  /** Milliseconds UTC, NaN to ask at the time of the release's newest row. */
  readonly at: number
}

/** Turns visits of a log into the queries a device would make. */
export type VisitReader = (visit: Visit) => Query

const FOR_YOU = SCENES.indexOf('for-you')

/**
 * Reads histories as devices keep them: latest first, items of the release only, everything known or unavailable masked.
 * @param itemNos - itemNo of each item of the log.
 */
export function createVisitReader(model: Model, log: Interactions, itemNos: Uint32Array): VisitReader {
  const rowOf = Int32Array.from(itemNos, (itemNo) => model.catalogue.rowOf(itemNo))
  const cache = new Map<number, HistoryItem>()
  const never = createBlocked(model, {})
  const blocked = never.slice()
  let masked: number[] = []
  return ({ known, at }) => {
    for (const row of masked) blocked[row] = never[row]
    masked = []
    const history: HistoryItem[] = []
    for (let k = known.length - 1; k >= 0; k--) {
      const row = rowOf[log.item[known[k]]]
      if (row < 0) continue
      blocked[row] = 1
      masked.push(row)
      history.push(itemAt(model, cache, row, log.at[known[k]]))
    }
    return { history, context: contextAt(model, at), contextItems: [], blocked, scene: 'for-you' }
  }
}

function itemAt(model: Model, cache: Map<number, HistoryItem>, row: number, at: number): HistoryItem {
  let item = cache.get(row)
  if (item === undefined) {
    item = historyItemOf(model.catalogue, row, Number.NaN)
    cache.set(row, item)
  }
  return { ...item, at }
}

function contextAt({ manifest }: Model, at: number): FeatureContext {
  return { now: Number.isNaN(at) ? manifest.newestAt : at, tzOffsetMin: null, device: 0, scene: FOR_YOU, item: null }
}
