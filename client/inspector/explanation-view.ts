import type { Explanation, Verdict } from '#contract/rpc'
import { make } from '../dom.ts'
import { ENGLISH, wordReason } from '../words.ts'
import { facts, fold, short, table } from './parts.ts'

const VERDICTS: Readonly<Record<Verdict, string>> = {
  shown: 'It is in the list.',
  outranked: 'Others scored higher.',
  varied: 'Its score would do, but rules of variety, freshness or rotation put others in its place.',
  'not-found':
    'No channel found it: nothing in the history speaks for it, and it is not popular, trending or new enough.',
  seen: 'It is in the visitor’s history; lists leave that out unless the page asks for it.',
  refused: 'The visitor asked for less like it, or hid it.',
  muted: 'The visitor muted its category.',
  excluded: 'The request excludes it, or the page is about it.',
  filtered: 'A filter of the request keeps it out: category, price, or candidates that do not hold it.',
  unavailable: 'The site does not offer it at present.',
  unknown: 'It is not on this device: another id, or a cell that is not resident.',
}

/** Says why an item is in the list, or why it is not. */
export function explanationView(found: Explanation): HTMLElement {
  const { id, card, verdict, rank, candidates, score, leastShown } = found
  const rows = Object.entries(found.features).map(([name, value]) => [name, short(value)])
  return make(
    'div',
    { class: 'told' },
    make('p', {}, make('strong', {}, card?.title || id), ` ${VERDICTS[verdict]}`),
    facts([
      ['place by score', rank === null ? 'none' : `${rank + 1} of ${candidates}`],
      ['score', score === null ? 'none' : `${short(score)}, the list shows from ${short(leastShown ?? Number.NaN)}`],
      ['found by', found.channels.join(', ') || 'nothing'],
      ['reasons', found.reasons.map((reason) => wordReason(ENGLISH, reason)).join(' · ') || 'none'],
    ]),
    ...(rows.length > 0 ? [fold('Its features', false, table(['feature', 'value'], rows))] : []),
  )
}
