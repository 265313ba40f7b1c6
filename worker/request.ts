import { RecError } from '#contract/errors'
import { SCENES } from '#contract/events'
import type { HistoryItem } from '#contract/features'
import { isItemId, LIMITS } from '#contract/limits'
import type { Preferences, RecommendRequest } from '#contract/rpc'
import { createBlocked } from '#worker/core/blocked'
import type { Query } from '#worker/core/candidates'
import { historyItemOf } from '#worker/core/history-item'
import type { Model } from '#worker/core/model'
import type { RuleInputs } from '#worker/core/recommend'
import type { Visitor } from './visitor.ts'

/** Items that one request may name in each of its lists. */
const NAMED_ITEMS = 1_000

/** The device's own answers to what a request leaves open. */
export type Surroundings = {
  readonly now: number
  readonly tzOffsetMin: number | null
  readonly device: number
  readonly preferences: Preferences
}

/** Checks a request that came from a page. @throws RecError `bad-request` naming the field */
export function checkRequest(request: RecommendRequest): void {
  if (typeof request !== 'object' || request === null) throw bad('request')
  if (!SCENES.includes(request.scene)) throw bad('scene')
  const { count, now, tzOffsetMin, minPrice, maxPrice, rules } = request
  if (!Number.isInteger(count) || count < 1 || count > LIMITS.listItems) throw bad('count')
  for (const field of ['contextItems', 'exclude', 'items'] as const) {
    const ids = request[field]
    if (ids === undefined) continue
    if (!Array.isArray(ids) || ids.length > NAMED_ITEMS || !ids.every(isItemId)) throw bad(field)
  }
  const { categories } = request
  if (categories !== undefined && !(Array.isArray(categories) && categories.every((name) => typeof name === 'string')))
    throw bad('categories')
  for (const [field, value] of Object.entries({ now, tzOffsetMin, minPrice, maxPrice, ...rules }))
    if (value !== undefined && value !== null && !Number.isFinite(value)) throw bad(field)
  if (request.scene === 'rerank' && request.items === undefined) throw bad('items')
}

/** Puts a checked request in the terms of a model. */
export function toQuery(
  model: Model,
  visitor: Visitor,
  request: RecommendRequest,
  around: Surroundings,
): Query & RuleInputs {
  const { catalogue } = model
  const { scene, count } = request
  const now = request.now ?? around.now
  const rowsOf = (ids: readonly string[] = []): number[] =>
    [...new Set(ids.map((id) => catalogue.rowOfId(id)))].filter((row) => row >= 0)
  const itemsOf = (ids?: readonly string[]): number[] => rowsOf(ids).map((row) => catalogue.itemNoOf[row])
  const contextItems = rowsOf(request.contextItems).map((row) => historyItemOf(catalogue, row, Number.NaN))
  const keepsSeen = request.includeSeen === true || scene === 'rerank' || scene === 'recently-viewed'
  const items = [
    ...visitor.hidden,
    ...(keepsSeen ? [] : visitor.history.map(({ itemNo }) => itemNo)),
    ...(scene === 'rerank' ? [] : contextItems.map(({ itemNo }) => itemNo)),
    ...itemsOf(request.exclude),
  ]
  const blocked = createBlocked(model, { items, ...filtersOf(model, request) })
  if (scene !== 'rerank' && scene !== 'recently-viewed') muteCategories(model, blocked, around.preferences.muted)
  const tzOffsetMin = request.tzOffsetMin === undefined ? around.tzOffsetMin : request.tzOffsetMin
  const item: HistoryItem | null = contextItems[0] ?? null
  return {
    history: visitor.history,
    context: { now, tzOffsetMin, device: around.device, scene: SCENES.indexOf(scene), item },
    contextItems,
    blocked,
    scene,
    count,
    shown: visitor.shown,
    ...(request.items === undefined ? {} : { given: Int32Array.from(rowsOf(request.items)) }),
    ...rulesOf(model, request, around.preferences),
  }
}

/** Topics the visitor wants to hear nothing of. */
function muteCategories({ catalogue, dictionaries }: Model, blocked: Uint8Array, muted: readonly string[]): void {
  if (muted.length === 0) return
  const wanted = new Set(muted.map((name) => dictionaries.categories.indexOf(name)))
  for (let row = 0; row < blocked.length; row++) if (wanted.has(catalogue.columns.category[row])) blocked[row] = 1
}

/** Diversity and exploration at the surprising end of the visitor's dial; at the familiar end both are 0. */
const SURPRISING = { diversity: 0.6, exploration: 0.25 } as const

/** The site's rules as the visitor's dial bends them, in a straight line to either end; what a request says itself stands. */
function rulesOf({ manifest }: Model, { scene, rules }: RecommendRequest, { surprise }: Preferences) {
  if (rules === null) return { rules }
  if (scene !== 'for-you' || surprise === 0.5) return rules === undefined ? {} : { rules }
  const bend = (site: number, most: number): number =>
    surprise < 0.5 ? site * 2 * surprise : site + (Math.max(site, most) - site) * (2 * surprise - 1)
  const { diversity, exploration } = manifest.rules
  return {
    rules: {
      diversity: bend(diversity, SURPRISING.diversity),
      exploration: bend(exploration, SURPRISING.exploration),
      ...rules,
    },
  }
}

function filtersOf(model: Model, { categories, minPrice, maxPrice }: RecommendRequest) {
  const names = model.dictionaries.categories
  const wanted = categories?.map((name) => names.indexOf(name)).filter((index) => index >= 0)
  return {
    ...(wanted === undefined ? {} : { categories: new Set(wanted) }),
    ...(minPrice === undefined ? {} : { minPrice }),
    ...(maxPrice === undefined ? {} : { maxPrice }),
  }
}

function bad(field: string): RecError {
  return new RecError('bad-request', `the request has a wrong ${field}`, { field })
}
