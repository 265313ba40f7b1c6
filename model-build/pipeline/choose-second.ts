import type { Dataset } from '../dataset.ts'
import type { ModelOptions } from '../fit/fit-models.ts'
import type { SecondEncoder, SecondSettings } from '../fit/second-model.ts'
import { type ChosenMean, chooseMean } from '../mean/choose-mean.ts'
import { type ChosenSequence, chooseSequence } from '../sequence/choose-sequence.ts'
import { type ChosenTwoTower, chooseTwoTower } from '../two-tower/choose-two-tower.ts'
import type { Job } from './job.ts'
import type { PipelineSettings } from './settings.ts'

/** Which second space is worth trying in the whole pipeline, if any, and what validation found of each alone. */
export type ChosenSecond = {
  readonly settings: SecondSettings | null
  readonly mean: ChosenMean | null
  readonly sequence: ChosenSequence | null
  readonly twoTower: ChosenTwoTower | null
}

/** Whether a log gets a network tried that reads histories. */
export function triesNetwork(dataset: Dataset, settings: PipelineSettings): boolean {
  return triesSequence(dataset, settings) || triesTwoTower(dataset, settings)
}

function triesSequence({ interactions: log }: Dataset, { sequence }: PipelineSettings): boolean {
  return log.order !== 'none' && sequence.enabled && log.item.length >= sequence.minRows
}

function triesTwoTower({ interactions: log }: Dataset, { twoTower }: PipelineSettings): boolean {
  return twoTower.enabled && log.item.length >= twoTower.minRows
}

/**
 * Tries the spaces that may stand beside the first, each alone on users held out. The best goes on to the pipeline; the mean space only where it
 * comes near enough to iALS to say something of its own, or where the release before has one.
 */
export async function chooseSecond(
  { dataset, settings, effort, pool, models }: Job & { readonly models: ModelOptions },
  onShare: (share: number) => void,
): Promise<ChosenSecond> {
  const log = dataset.interactions
  const { seed, minSupport, dim } = models
  const common = { seed, pool, minSupport, visitors: settings.visitors }
  const sample = { maxUsers: effort.searchUsers, rows: effort.secondRows, work: effort.secondWork }
  const mean =
    settings.mean.enabled && effort.triesMean
      ? await chooseMean(log, { ...common, ...sample, ials: models, onShare: (share) => onShare(share / 3) })
      : null
  const sequence = triesSequence(dataset, settings)
    ? await chooseSequence(log, { ...common, onShare: (share) => onShare((1 + share) / 3) })
    : null
  const twoTower = triesTwoTower(dataset, settings)
    ? await chooseTwoTower(dataset, { ...common, ...sample, dim, onShare: (share) => onShare((2 + share) / 3) })
    : null
  const found = { mean, sequence, twoTower }
  return { ...found, settings: bestOf(found, settings.secondBefore) }
}

/** NDCG@20 alone, as a share of exact iALS's, that the mean space must reach to be tried in the pipeline. */
const NEAR_SHARE = 0.85

function bestOf(
  { mean, sequence, twoTower }: Omit<ChosenSecond, 'settings'>,
  before: SecondEncoder | null | undefined,
): SecondSettings | null {
  let best: { readonly settings: SecondSettings; readonly ndcg: number } | null = null
  if (sequence !== null) best = { settings: { kind: 'sequence', ...sequence.settings }, ndcg: sequence.ndcg }
  if (twoTower !== null && !(best !== null && best.ndcg >= twoTower.ndcg))
    best = { settings: { kind: 'twoTower', ...twoTower.settings }, ndcg: twoTower.ndcg }
  const isNear = mean !== null && (before === 'mean' || mean.ndcg >= NEAR_SHARE * mean.ials)
  if (isNear && !(best !== null && best.ndcg >= mean.ndcg)) return { kind: 'mean', ...mean.settings }
  return best?.settings ?? null
}
