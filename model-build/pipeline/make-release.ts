import { FEATURE_LAYOUT } from '#contract/features'
import type { Manifest, Objectives } from '#contract/manifest'
import type { Dataset } from '../dataset.ts'
import type { LearningState } from '../feedback/learning-state.ts'
import { startLearning } from '../feedback/start-learning.ts'
import { fitModels } from '../fit/fit-models.ts'
import type { SecondModel } from '../fit/second-model.ts'
import { addRankerObjects } from '../rank/ranker-model.ts'
import { countsAlike } from '../rank/row-gains.ts'
import { type AssembledRelease, assembleRelease, type LastRelease } from '../release/assemble.ts'
import { roomBesideTrees } from '../release/first-slice.ts'
import type { FittedModels } from '../release/fitted-models.ts'
import type { ObjectSet } from '../release/object-set.ts'
import { withRanking } from '../release/release-manifest.ts'
import type { KernelPool } from '../train/thread-pool.ts'
import type { FittedPipeline } from './fit-pipeline.ts'
import type { Report } from './progress.ts'
import type { PipelineSettings } from './settings.ts'

export type MakeReleaseParts = {
  readonly pipeline: FittedPipeline
  readonly settings: PipelineSettings
  readonly last: LastRelease | null
  readonly gate: Readonly<Record<string, number>>
  readonly pool: KernelPool
  readonly report: Report
  /** Where the fit starts in place of random vectors, for logs that are fitted in steps. */
  readonly warm?: WarmStart | undefined
  /** Begins the feedback plan's weeks; now where absent. */
  readonly nowMs?: number
}

/** Vectors of a fit on fewer rows and how many sweeps are left to do; see Effort.warmSweeps. */
export type WarmStart = {
  readonly start: Float32Array
  readonly sweeps: number
  /** Ridge of the content map that the earlier fit chose, null where it had none. */
  readonly contentRidge: number | null
  /** The second space of an earlier fit on the same rows, taken as it is. */
  readonly secondModel?: SecondModel | null
  /** That of a fit on fewer rows, to start from. */
  readonly secondStart?: SecondModel | null
}

/** A release with the models that it was rounded from, and what the build must keep to learn from its reports; null where it asks nothing. */
export type MadeRelease = AssembledRelease & { readonly models: FittedModels; readonly learning: LearningState | null }

/** Fits the first stage on all of a dataset with what validation chose, adds the ranker and puts the release together. */
export async function makeRelease(dataset: Dataset, parts: MakeReleaseParts): Promise<MadeRelease> {
  const { pipeline, settings, report, pool } = parts
  const models = await report.keep('models', () =>
    report.step('train models', (onShare) =>
      fitModels(dataset, { ...pipeline.models, ...parts.warm }, pool, (_step, done, total) => onShare(done / total)),
    ),
  )
  return report.step('write objects', async () => {
    const trees =
      pipeline.outside === null && pipeline.ranker?.model.kind === 'trees' ? pipeline.ranker.model.trees : null
    const firstSliceBytes = await roomBesideTrees(trees, settings.assemble.firstSliceBytes)
    const assemble = { ...settings.assemble, firstSliceBytes, pool }
    const release = await assembleRelease(dataset, models, parts.last, assemble)
    const { objectives } = settings.ranker
    const manifest = addRanker(release.manifest, release.objects, { ...pipeline, objectives }, parts.gate)
    const learning = await addLearning(dataset, { ...release, manifest }, parts)
    return { ...release, models, manifest: learning?.manifest ?? manifest, learning: learning?.state ?? null }
  })
}

function addLearning(dataset: Dataset, release: AssembledRelease, { pipeline, settings, nowMs }: MakeReleaseParts) {
  const { manifest, objects, itemNos } = release
  if (!settings.feedback.enabled || pipeline.ranker === null) return null
  return startLearning(dataset, {
    manifest,
    read: (hash) => objects.get(hash),
    itemNos,
    slope: pipeline.ranker.slope,
    feedback: settings.feedback,
    heldShare: settings.heldShare,
    seed: settings.models.seed,
    nowMs: nowMs ?? Date.now(),
  })
}

function addRanker(
  manifest: Manifest,
  objects: ObjectSet,
  { ranker, outside, objectives }: Pick<FittedPipeline, 'ranker' | 'outside'> & { readonly objectives: Objectives },
  gate: Readonly<Record<string, number>>,
): Manifest {
  if (ranker === null) return withRanking(manifest, { rankers: [], linearHead: null, gate, featureQuantiles: null })
  const shared = { gate, featureQuantiles: objects.addJson({ v: 1, deciles: ranker.featureQuantiles }) }
  if (outside !== null) {
    const rankers = [{ layout: FEATURE_LAYOUT, onnx: objects.add(outside.onnx), trees: null }]
    return withRanking(manifest, { ...shared, rankers, linearHead: null })
  }
  const told = countsAlike(objectives) ? {} : { objectives }
  const rankers = [{ ...addRankerObjects(objects, ranker.model), ...told }]
  return withRanking(manifest, { ...shared, rankers, linearHead: ranker.linearHead })
}
