import { RecError } from '#contract/errors'
import type { Objectives } from '#contract/manifest'
import { type Dataset, SIGNAL } from '../dataset.ts'

/** A pair's value counts at most as so many means. */
const MOST_MEANS = 10

/** Whether everything that was taken counts the same. */
export function countsAlike({ conversion, value }: Objectives): boolean {
  return conversion === 0 && value === 0
}

/**
 * What each row of a log is worth as something to find: click, plus conversion where its user bought the item, plus value times the largest value
 * of the pair's rows (showings aside) over the mean of those that have one (at most MOST_MEANS), divided by the sum of the weights.
 * @returns null where everything counts the same.
 * @throws RecError `config-invalid` when the log has no purchase, or no value, to weigh.
 */
export function rowGains(dataset: Dataset, objectives: Objectives): Float32Array | null {
  if (countsAlike(objectives)) return null
  const { click, conversion, value } = objectives
  const { bought, worth } = outcomesOf(dataset)
  if (conversion > 0 && !bought.includes(1)) throw missing('conversion', 'purchase')
  const valued = worth.filter((money) => money > 0)
  if (value > 0 && valued.length === 0) throw missing('value', 'value')
  const mean = valued.reduce((sum, money) => sum + money, 0) / Math.max(1, valued.length)
  const sum = click + conversion + value
  return Float32Array.from(bought, (isBought, row) => {
    const means = mean > 0 ? Math.min(MOST_MEANS, worth[row] / mean) : 0
    return (click + conversion * isBought + value * means) / sum
  })
}

/** Of each row of the log whether its pair was bought, and the largest value of the pair's rows (0 for none). */
function outcomesOf({ interactions: log, items, signals }: Dataset): { bought: Uint8Array; worth: Float64Array } {
  const bought = new Uint8Array(log.item.length)
  const worth = new Float64Array(log.item.length)
  if (signals === undefined) return { bought, worth }
  const rowOf = new Map<number, number>()
  for (let user = 0; user < log.userCount; user++)
    for (let row = log.userOffsets[user]; row < log.userOffsets[user + 1]; row++)
      rowOf.set(user * items.length + log.item[row], row)
  for (let at = 0; at < signals.item.length; at++) {
    const row = rowOf.get(signals.user[at] * items.length + signals.item[at])
    if (row === undefined || signals.kind[at] === SIGNAL.shown) continue
    if (signals.kind[at] === SIGNAL.bought) bought[row] = 1
    if (signals.value[at] > worth[row]) worth[row] = signals.value[at]
  }
  return { bought, worth }
}

function missing(objective: string, what: string): RecError {
  return new RecError('config-invalid', `ranker.objectives.${objective}: no used row of the log has a ${what}`)
}
