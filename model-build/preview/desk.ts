import { SCENES } from '#contract/events'
import { FEATURE_COUNT, FEATURE_NAMES, type HistoryItem } from '#contract/features'
import { createBlocked } from '#worker/core/blocked'
import { CHANNELS } from '#worker/core/channels'
import { historyItemOf } from '#worker/core/history-item'
import type { Model } from '#worker/core/model'
import type { Ranker } from '#worker/core/ranker'
import type { ReasonCode } from '#worker/core/reasons'
import { recommend, type Trace } from '#worker/core/recommend'
import { openRanker } from '../device/open-ranker.ts'
import { loadModel } from '../device/resident-model.ts'
import { readObject, readReleaseDir } from '../release/release-dir.ts'
import { type SiteRules, withSiteRules } from '../release/site-rules.ts'

/** What is asked of a release. */
export type Question = {
  /** Ids, latest first. */
  readonly history: readonly string[]
  readonly count: number
  /** In place of the release's own pins and boosts. */
  readonly rules: SiteRules
}

export type ShownItem = {
  readonly id: string
  readonly title: string
  readonly category: string
  readonly image: string
  readonly score: number
  readonly reasons: readonly string[]
  readonly isPinned: boolean
}

export type Why = { readonly verdict: string; readonly facts: readonly (readonly [string, string])[] }

/** A release that answers questions as a device would. */
export type Desk = {
  readonly release: string
  readonly items: number
  readonly list: (question: Question) => Promise<readonly ShownItem[]>
  /** Why an item is in the list of a question, or why it is not. */
  readonly why: (question: Question, id: string) => Promise<Why>
  /** Items whose title or id holds a text, at most `limit`. */
  readonly find: (text: string, limit: number) => readonly { readonly id: string; readonly title: string }[]
  readonly categories: readonly string[]
}

/** Features that are told about an item. */
const TOLD_FEATURES = 12

/** Opens a release folder. @throws RecError what reading and decoding find. */
export async function openDesk(dir: string): Promise<Desk> {
  const { manifest, file, dictionaries } = await readReleaseDir(dir)
  const objects = new Map<string, Uint8Array>()
  for (const hash of file.objects) objects.set(hash, await readObject(dir, hash))
  const model = loadModel(manifest, (hash) => objects.get(hash), { withCards: true })
  const ranker = await openRanker(model, (hash) => objects.get(hash))
  const titles = titlesOf(model)
  return {
    release: manifest.release,
    items: model.catalogue.rowCount,
    categories: dictionaries.categories.filter((name) => name !== ''),
    list: async (question) => (await answer(model, ranker, question)).shown,
    why: (question, id) => whyOf(model, ranker, question, id),
    find: (text, limit) => {
      const wanted = text.trim().toLowerCase()
      return titles.filter(({ id, folded }) => id === text || folded.includes(wanted)).slice(0, limit)
    },
  }
}

function titlesOf({ catalogue }: Model) {
  return Array.from({ length: catalogue.rowCount }, (_, row) => {
    const card = catalogue.cardOf(row)
    const title = card?.title || (card?.id ?? '')
    return { id: card?.id ?? '', title, folded: title.toLowerCase() }
  })
}

async function answer(model: Model, ranker: Ranker | null, { history, count, rules }: Question) {
  const { catalogue, manifest, dictionaries } = model
  const rows = history.map((id) => catalogue.rowOfId(id)).filter((row) => row >= 0)
  const known: HistoryItem[] = rows.map((row) => historyItemOf(catalogue, row, manifest.newestAt))
  const effective = withSiteRules(manifest.rules, rules, {
    itemNoOf: (id) => catalogue.itemNoOf[catalogue.rowOfId(id)] ?? -1,
    categoryOf: (name) => dictionaries.categories.indexOf(name),
  })
  const blocked = createBlocked(model, { items: known.map(({ itemNo }) => itemNo) })
  const context = {
    now: manifest.newestAt,
    tzOffsetMin: null,
    device: 0,
    scene: SCENES.indexOf('for-you'),
    item: null,
  }
  let trace: Trace | null = null
  const ranked = await recommend(
    model,
    ranker,
    { history: known, context, contextItems: [], blocked, scene: 'for-you', count, rules: effective },
    {
      rng: () => 0.5,
      nowMs: () => 0,
      trace: (seen) => {
        trace = seen
      },
    },
  )
  const pinned = new Set(effective.pins.map(({ item }) => item))
  const shown = ranked.items.map(({ row, itemNo, score, reasons }): ShownItem => {
    const card = catalogue.cardOf(row)
    return {
      id: card?.id ?? '',
      title: card?.title || (card?.id ?? ''),
      category: dictionaries.categories[catalogue.columns.category[row]] ?? '',
      image: card?.image ?? '',
      score,
      reasons: reasons.map((reason) => wordsOf(model, reason)),
      isPinned: pinned.has(itemNo),
    }
  })
  return { shown, ranked, trace: trace as Trace | null, blocked, rows }
}

function wordsOf({ catalogue, dictionaries }: Model, reason: ReasonCode): string {
  if (reason.type === 'because-you' || reason.type === 'similar-to') {
    const title = catalogue.cardOf(catalogue.rowOf(reason.itemNo))?.title ?? ''
    return title === '' ? 'like something in the history' : `like “${title}”`
  }
  if (reason.type === 'category') return `more of ${dictionaries.categories[reason.category] ?? 'this category'}`
  return { popular: 'popular', trending: 'trending', new: 'new', explore: 'something new to try' }[reason.type]
}

async function whyOf(model: Model, ranker: Ranker | null, question: Question, id: string): Promise<Why> {
  const row = model.catalogue.rowOfId(id)
  if (row < 0) return { verdict: 'This release does not know the item.', facts: [] }
  const { shown, trace, blocked, rows } = await answer(model, ranker, question)
  const place = shown.findIndex((item) => item.id === id)
  const candidate = trace?.set.rows.indexOf(row) ?? -1
  if (trace === null || candidate < 0) {
    if (place >= 0) return { verdict: `It is pinned to place ${place + 1}; no channel found it.`, facts: [] }
    if (rows.includes(row)) return { verdict: 'It is in the history already.', facts: [] }
    if (blocked[row] !== 0) return { verdict: 'The site does not offer it now.', facts: [] }
    return {
      verdict: 'No channel found it: it is like nothing in the history, and not popular, trending or fresh.',
      facts: [],
    }
  }
  const better = trace.scores.reduce((count, score) => (score > trace.scores[candidate] ? count + 1 : count), 0)
  const facts: (readonly [string, string])[] = [
    ['score', trace.scores[candidate].toFixed(4)],
    ['place by score alone', `${better + 1} of ${trace.set.rows.length}`],
    ['found by', CHANNELS.filter((_, bit) => (trace.set.channels[candidate] & (1 << bit)) !== 0).join(', ')],
    ...featuresOf(trace, candidate),
  ]
  if (place >= 0) return { verdict: `It is at place ${place + 1}.`, facts }
  const least = Math.min(...shown.map(({ score }) => score))
  const isOutranked = better >= question.count
  const verdict = isOutranked
    ? `${better} candidates score higher; the last place of the list has ${least.toFixed(4)}.`
    : 'Its score would do; pins, boosts or the rules of variety gave its place to others.'
  return { verdict, facts }
}

/** Ranks and positions of what is not there have this value. */
const ABSENT = 1000

/** The largest features of a candidate by name; ranks and positions are no strengths. */
function featuresOf(trace: Trace, candidate: number): (readonly [string, string])[] {
  const values = Array.from(trace.features.subarray(candidate * FEATURE_COUNT, (candidate + 1) * FEATURE_COUNT))
  const named = values.map((value, index) => ({ name: FEATURE_NAMES[index] ?? '', value }))
  const largest = named
    .filter(({ name, value }) => value !== 0 && value !== ABSENT && !/^rank[.]|Position$/.test(name))
    .sort((a, b) => Math.abs(b.value) - Math.abs(a.value))
  return largest.slice(0, TOLD_FEATURES).map(({ name, value }) => [name, String(Number(value.toFixed(3)))])
}
