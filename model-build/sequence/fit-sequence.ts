import type { Interactions } from '../dataset.ts'
import type { KernelPool } from '../train/thread-pool.ts'
import type { Histories } from './batches.ts'
import { type SequenceModel, type SequenceOptions, trainSequence } from './train-sequence.ts'

/** What validation chooses of training. */
export type SequenceSettings = Pick<SequenceOptions, 'epochs' | 'dropout' | 'horizon' | 'learningRate'>

/** Share of the items with evidence, the rarest of them, whose mean stands for items without. */
const RARE_SHARE = 0.1

/** Rows read in all epochs of one fit; a log of a million rows is read six times, in as many steps as a trial takes and more. */
const MOST_WORK = 6_000_000

/**
 * Trains the encoder on the histories of a log. Items without evidence take no part, and get the mean vector of the rarest that do: what is known of
 * them is that they are rare.
 */
export async function fitSequence(
  log: Interactions,
  hasEvidence: Uint8Array,
  options: SequenceSettings & { readonly seed: number; readonly pool: KernelPool },
  onEpoch?: (done: number, total: number) => void,
): Promise<SequenceModel> {
  const histories = historiesOf(log, hasEvidence)
  const epochs = Math.max(1, Math.min(options.epochs, Math.ceil(MOST_WORK / Math.max(1, histories.items.length))))
  const model = await trainSequence(histories, log.itemCount, { ...options, epochs }, async (_network, epoch) => {
    onEpoch?.(epoch, epochs)
  })
  fillRare(model.items, histories, model.shape.dim)
  return model
}

/** Histories of the items with evidence. @param users - Users to take, all when absent. */
export function historiesOf(log: Interactions, hasEvidence: Uint8Array, users?: Int32Array): Histories {
  const taken = users ?? Int32Array.from({ length: log.userCount }, (_, user) => user)
  const items: number[] = []
  const offsets = new Int32Array(taken.length + 1)
  taken.forEach((user, u) => {
    for (let row = log.userOffsets[user]; row < log.userOffsets[user + 1]; row++)
      if (hasEvidence[log.item[row]] === 1) items.push(log.item[row])
    offsets[u + 1] = items.length
  })
  return { offsets, items: Int32Array.from(items) }
}

/** 1 where enough users have the item. */
export function evidenceOf({ item, itemCount }: Interactions, minSupport: number): Uint8Array {
  return Uint8Array.from(supportOf({ items: item }, itemCount), (users) => (users >= minSupport ? 1 : 0))
}

function supportOf({ items }: Pick<Histories, 'items'>, itemCount: number): Int32Array {
  const support = new Int32Array(itemCount)
  for (const item of items) support[item]++
  return support
}

/** Gives items (row-major) that no history has the mean vector of the rarest that some have. */
export function fillRare(items: Float32Array, histories: Histories, dim: number): void {
  const support = supportOf(histories, items.length / dim)
  const known = Array.from(support.keys()).filter((item) => support[item] > 0)
  const rare = known.sort((a, b) => support[a] - support[b] || a - b).slice(0, Math.ceil(known.length * RARE_SHARE))
  const mean = new Float32Array(dim)
  for (const item of rare) for (let d = 0; d < dim; d++) mean[d] += items[item * dim + d] / rare.length
  for (let item = 0; item < support.length; item++) if (support[item] === 0) items.set(mean, item * dim)
}
