import type { Config } from '../config/schema.ts'
import type { Dataset } from '../dataset.ts'
import { evaluateSplit, type SplitResult } from '../evaluate/evaluate-split.ts'
import type { SecondEncoder } from '../fit/second-model.ts'
import { effortFor, warmStart } from '../pipeline/effort.ts'
import { type MadeRelease, makeRelease } from '../pipeline/make-release.ts'
import type { Report } from '../pipeline/progress.ts'
import { resolveSettings } from '../pipeline/settings.ts'
import type { LastRelease } from '../release/assemble.ts'
import type { KernelPool } from '../train/thread-pool.ts'

/** What a release is trained with. */
export type Training = {
  readonly config: Config
  /** Numbers and dictionaries to go on from. */
  readonly last: LastRelease | null
  /** See PipelineSettings. */
  readonly secondBefore: SecondEncoder | null
  /** Adds rows that models learn from and that nothing is judged by; the first users and all items stay as they are. */
  readonly augment?: ((dataset: Dataset) => Dataset) | undefined
  readonly pool: KernelPool
  readonly report: Report
}

export type Trained = { readonly judged: SplitResult; readonly release: MadeRelease }

/** Judges on held-out rows, then fits on everything. The same dataset, settings and last release give the same bytes. */
export async function trainRelease(dataset: Dataset, training: Training): Promise<Trained> {
  const { config, augment = same, last, secondBefore, pool, report } = training
  const settings = { ...resolveSettings(config), secondBefore }
  const judged = await evaluateSplit(dataset, { config, settings, pool, report, augment })
  const release = await makeRelease(augment(dataset), {
    pipeline: judged.pipeline,
    settings,
    last,
    gate: gateOf(judged),
    pool,
    report,
    warm:
      warmStart(judged.models ?? undefined, effortFor(dataset.interactions, settings.effort)) ?? judged.pipeline.warm,
  })
  return { judged, release }
}

const same = (dataset: Dataset): Dataset => dataset

/** The numbers that a release carries of what it was judged by. */
function gateOf({ judgement }: SplitResult): Record<string, number> {
  if (judgement === null) return {}
  const { model, popularity, retrieval, users } = judgement
  return {
    users,
    'ndcg@20': model.metrics['ndcg@20'],
    'recall@20': model.metrics['recall@20'],
    'coverage@20': model.metrics['coverage@20'],
    'popularity.ndcg@20': popularity.metrics['ndcg@20'],
    ...(retrieval === null ? {} : { 'candidates.recall': retrieval.recall }),
  }
}
