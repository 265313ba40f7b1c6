import type { Config } from '../config/schema.ts'
import type { CatalogueItem } from '../dataset.ts'
import type { BuildOutcome } from '../steps/build-summary.ts'
import { type Advice, adviseOn } from './advice.ts'
import { type FeatureUse, featureUse } from './feature-importance.ts'
import { releaseBytes, type SectionBytes } from './release-bytes.ts'

/** What the report shows beside the judgement. */
export type ReportExtras = {
  readonly features: readonly FeatureUse[]
  readonly bytes: readonly SectionBytes[]
  /** The three changes that would help most. */
  readonly advice: readonly Advice[]
}

/** Computes what stands in the report and in its JSON alike. */
export function reportExtras(
  { judged, release, ingest }: BuildOutcome,
  { items, config }: { readonly items: readonly CatalogueItem[]; readonly config: Config },
): ReportExtras {
  const { ranker } = judged.pipeline
  return {
    features: featureUse(ranker),
    bytes: releaseBytes(release),
    advice: adviseOn({ judgement: judged.judgement, ingest, items, config, ranker }),
  }
}
