import { fitTrees, type HeadedTrees, PARTS, partGroups, type RankerOptions, scorerOf } from './fit-trees.ts'
import type { TrainingGroup } from './training-group.ts'

/** What cross-validation says of trees on all lists, and the trees themselves once they are wanted. */
export type TreesOnAll = {
  /** Scores of each list, head included, by trees that other users trained. */
  readonly unseen: ReadonlyMap<TrainingGroup, Float32Array>
  /** Trains the trees that learn from every list. */
  train(): Promise<HeadedTrees>
}

/**
 * Judges trees on all lists. How many is what cross-validation says (Stone 1974): each part of the users judges the trees of the others in turn, and the number
 * that is best in the mean over the parts, more as the lists are more, is trained once more on everybody. A number that a single part chose would be as
 * noisy as the part is small.
 */
export async function judgeTreesOnAll(groups: readonly TrainingGroup[], options: RankerOptions): Promise<TreesOnAll> {
  const unseen = new Map<TrainingGroup, Float32Array>()
  const curves: (readonly number[])[] = []
  const onPart = (part: number) => (done: number, total: number) => {
    options.onProgress?.(part * total + done, (PARTS + 1) * total)
  }
  for (let part = 0; part < PARTS; part++) {
    const { judging, training } = partGroups(groups, part)
    const fitted = await fitTrees({ training, watching: judging }, { ...options, onProgress: onPart(part) })
    const score = scorerOf(fitted)
    for (const group of judging) unseen.set(group, score(group))
    curves.push(fitted.ndcgByTrees)
  }
  const best = bestLength(curves.filter((curve) => curve.length > 0))
  const trees = Math.min(options.trees, Math.round((best * PARTS) / (PARTS - 1)))
  const train = () => fitTrees({ training: groups, watching: [] }, { ...options, trees, onProgress: onPart(PARTS) })
  return { unseen, train }
}

/** The number of trees that is best in the mean over curves of quality after each tree; one that stopped early stays where it stopped. */
export function bestLength(curves: readonly (readonly number[])[]): number {
  const longest = Math.max(0, ...curves.map((curve) => curve.length))
  let best = { length: 0, sum: Number.NEGATIVE_INFINITY }
  for (let at = 0; at < longest; at++) {
    const sum = curves.reduce((total, curve) => total + curve[Math.min(at, curve.length - 1)], 0)
    if (sum > best.sum) best = { length: at + 1, sum }
  }
  return best.length
}
