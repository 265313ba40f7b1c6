import type { Dataset } from '../dataset.ts'
import type { ModelOptions } from '../fit/fit-models.ts'
import type { SecondSettings } from '../fit/second-model.ts'
import { type ChosenMean, chooseMean } from '../mean/choose-mean.ts'
import { type ChosenSequence, chooseSequence } from '../sequence/choose-sequence.ts'
import type { Job } from './job.ts'
import type { PipelineSettings } from './settings.ts'

/** Which second space is worth trying in the whole pipeline, if any, and what validation found of each alone. */
export type ChosenSecond = {
  readonly settings: SecondSettings | null
  readonly mean: ChosenMean | null
  readonly sequence: ChosenSequence | null
}

/** Whether a log gets a sequence encoder tried. */
export function triesSequence({ interactions: log }: Dataset, { sequence }: PipelineSettings): boolean {
  return log.order !== 'none' && sequence.enabled && log.item.length >= sequence.minRows
}

/**
 * Tries the spaces that may stand beside the first, each alone on users held out. The better goes on to the pipeline; the mean space only where it
 * comes near enough to iALS to say something of its own.
 */
export async function chooseSecond(
  { dataset, settings, effort, pool, models }: Job & { readonly models: ModelOptions },
  onShare: (share: number) => void,
): Promise<ChosenSecond> {
  const log = dataset.interactions
  const { seed, minSupport } = models
  const common = { seed, pool, minSupport, visitors: settings.visitors }
  const mean =
    settings.mean.enabled && log.userCount <= settings.mean.maxUsers
      ? await chooseMean(log, {
          ...common,
          ials: models,
          maxUsers: effort.searchUsers,
          rows: effort.secondRows,
          work: effort.secondWork,
          onShare: (share) => onShare(share / 2),
        })
      : null
  const sequence = triesSequence(dataset, settings)
    ? await chooseSequence(log, { ...common, onShare: (share) => onShare((1 + share) / 2) })
    : null
  return { settings: better(mean, sequence, effort.secondShare), mean, sequence }
}

function better(mean: ChosenMean | null, sequence: ChosenSequence | null, share: number): SecondSettings | null {
  const isNear = mean !== null && mean.ndcg >= share * mean.ials
  if (sequence !== null && !(isNear && mean.ndcg > sequence.ndcg)) return { kind: 'sequence', ...sequence.settings }
  return isNear ? { kind: 'mean', ...mean.settings } : null
}
