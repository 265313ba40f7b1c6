import type { Inspection } from '#contract/rpc'
import { make } from '../dom.ts'
import { ENGLISH, wordReason } from '../words.ts'
import { facts, fold, short, table } from './parts.ts'

type List = NonNullable<Inspection['list']>

/** How long each stage took, which channels found candidates, which rules hold. */
export function stagesView({ reply, channels, rules }: List): HTMLElement {
  const { timings, ranker, retriever, candidates } = reply
  const stages = Object.entries(timings).filter(([name]) => name !== 'totalMs')
  const bars = stages.map(([name, ms]) => {
    const bar = make('span', { class: 'bar' })
    bar.style.inlineSize = `${Math.round((ms / Math.max(0.01, timings.totalMs)) * 100)}%`
    return make(
      'li',
      {},
      make('span', {}, name.replace('Ms', '')),
      make('span', {}, bar),
      make('span', {}, `${short(ms)} ms`),
    )
  })
  return fold(
    `Stages · ${short(timings.totalMs)} ms`,
    true,
    make('ul', { class: 'bars', role: 'list' }, ...bars),
    facts([
      ['ranked by', ranker],
      ['searched by', retriever.join(', ')],
      ['candidates', candidates],
      ...Object.entries(channels)
        .filter(([, count]) => count > 0)
        .map(([name, count]) => [`found by ${name}`, count] as const),
      [
        'rules',
        rules === null
          ? 'off'
          : Object.entries(rules)
              .map(([name, value]) => `${name} ${short(value)}`)
              .join(' · '),
      ],
    ]),
  )
}

/** The items with score, place by score alone, channels and reasons. @param explain - Called with the id of an item that was chosen. */
export function listView({ reply, ranks }: List, explain: (id: string) => void): HTMLElement {
  const rows = reply.items.map((item, place) => {
    const name = make('button', { type: 'button' }, item.card.title || item.id)
    name.addEventListener('click', () => explain(item.id))
    const moved = (ranks[place] ?? -1) < 0 ? 'placed by a rule' : `${(ranks[place] ?? 0) + 1}`
    const reasons = item.reasons.map((reason) => wordReason(ENGLISH, reason)).join(' · ')
    return [`${place + 1}`, name, short(item.score), moved, item.channels.join(' '), short(item.propensity), reasons]
  })
  const head = ['place', 'item', 'score', 'by score', 'found by', 'propensity', 'reasons']
  return fold(`List · ${reply.items.length} items`, true, table(head, rows))
}

/** What the ranker saw: one row per feature, one column per item. */
export function featuresView({ reply, featureNames, features }: List): HTMLElement {
  const rows = featureNames.map((name, i) => [name, ...features.map((row) => short(row[i] ?? Number.NaN))])
  return fold(
    `Features · ${featureNames.length}`,
    false,
    table(['feature', ...reply.items.map((_, i) => `${i + 1}`)], rows),
  )
}
