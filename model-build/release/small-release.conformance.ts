import type { AssembleOptions } from './assemble.ts'
import { DEFAULT_RULES } from './release-manifest.ts'

/** Settings of a release of a few hundred items: no graphs, and a first slice of any weight. */
export const SMALL_RELEASE: Omit<AssembleOptions, 'pool'> = {
  site: 'shop',
  locale: 'en',
  currency: 'USD',
  rules: DEFAULT_RULES,
  headSlices: [100],
  firstSliceBytes: Number.POSITIVE_INFINITY,
  cellItems: 100,
  graphMinItems: 1000,
  trendingHalfLifeDays: 7,
  seed: 1,
}
