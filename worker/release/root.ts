import { decodeCards } from '#contract/cards'
import { decodeColumns } from '#contract/columns'
import { RecError, toRecError } from '#contract/errors'
import { FEATURE_COUNT, FEATURE_LAYOUT } from '#contract/features'
import { decodeGramian, type Gramian } from '#contract/gramian'
import { LIMITS } from '#contract/limits'
import { type Dictionaries, type Manifest, parseDictionaries, parseManifest, type RankerRef } from '#contract/manifest'
import { applyPatch, decodePatch } from '#contract/patch'
import { decodeShardTable, type ShardTable } from '#contract/shard-table'
import { decodeTrees, type TreeEnsemble } from '#contract/trees'
import { decodeVectors } from '#contract/vectors'
import { decodeVoters } from '#contract/voters'
import type { ResidentCell } from '#worker/core/catalogue'
import { parseJson } from './edge.ts'
import type { ObjectSource, ReadOptions } from './objects.ts'

/** Everything of a release but its cells and engines. */
export type ReleaseRoot = {
  readonly manifestHash: string
  readonly manifest: Manifest
  readonly table: ShardTable
  readonly dictionaries: Dictionaries
  readonly gramians: readonly Gramian[]
  readonly ranker: RankerRef | null
  readonly trees: TreeEnsemble | null
  readonly localeIndex: number
  /** Why there are no trees. */
  readonly problem: RecError | null
}

export type RootRequest = { readonly manifestHash: string; readonly site: string; readonly locale: string }

/** Reads manifest, tables and trees. A ranker that cannot be used costs the ranking, not the release. */
export async function loadRoot(source: ObjectSource, request: RootRequest, options: ReadOptions): Promise<ReleaseRoot> {
  const documents = { ...options, checkHash: true }
  const wanted = { hash: request.manifestHash, sizeBytes: LIMITS.manifestBytes }
  const manifest = await source.read(wanted, (bytes) => parseManifest(parseJson(bytes)), documents)
  if (manifest.site !== request.site) throw new RecError('manifest-malformed', 'the manifest is of another site')
  const ranker = manifest.rankers.find(({ layout }) => layout === FEATURE_LAYOUT) ?? null
  const [table, dictionaries, gramians, trees] = await Promise.all([
    source.read(manifest.shardTable, decodeShardTable, options),
    source.read(manifest.dictionaries, (bytes) => parseDictionaries(parseJson(bytes)), documents),
    source.read(manifest.spaces[0].gramian, decodeGramian, options).then((gramian) => [gramian]),
    loadTrees(source, ranker, options),
  ])
  checkTable(manifest, table)
  return {
    manifestHash: request.manifestHash,
    manifest,
    table,
    dictionaries,
    gramians,
    ranker,
    localeIndex: localeOf(manifest.locales, request.locale),
    ...trees,
  }
}

/** Reads the objects of one cell. @throws RecError as `ObjectSource.read` */
export async function loadCell(
  source: ObjectSource,
  root: ReleaseRoot,
  cellIndex: number,
  options: ReadOptions,
): Promise<ResidentCell> {
  const entry = root.table.cells[cellIndex]
  if (entry === undefined) throw new RecError('shard-malformed', 'a cell is not in the table', { cell: cellIndex })
  const { objects } = entry
  const cardRef = objects.cards[root.localeIndex]
  const [vectors, voters, columns, cards, patch] = await Promise.all([
    Promise.all(objects.vectors.map((ref) => source.read(ref, decodeVectors, options))),
    source.read(objects.voters, decodeVoters, options),
    source.read(objects.columns, decodeColumns, options),
    cardRef === undefined ? null : source.read(cardRef, decodeCards, options),
    objects.patch === undefined ? null : source.read(objects.patch, decodePatch, options),
  ])
  const parts = { vectors, voters, columns }
  return { entry, cellIndex, ...(patch === null ? parts : applyPatch(parts, patch)), cards }
}

async function loadTrees(
  source: ObjectSource,
  ranker: RankerRef | null,
  options: ReadOptions,
): Promise<Pick<ReleaseRoot, 'trees' | 'problem'>> {
  if (ranker === null) {
    const problem = new RecError('model-mismatch', 'no ranker for this feature layout', { layout: FEATURE_LAYOUT })
    return { trees: null, problem }
  }
  if (ranker.trees === null) return { trees: null, problem: null }
  try {
    const trees = await source.read(ranker.trees, decodeTrees, options)
    if (trees.layout === FEATURE_LAYOUT && trees.featureCount === FEATURE_COUNT) return { trees, problem: null }
    throw new RecError('model-mismatch', 'the trees read other features', { featureCount: trees.featureCount })
  } catch (thrown) {
    const problem = toRecError(thrown, 'model-malformed')
    return { trees: null, problem }
  }
}

function checkTable(manifest: Manifest, table: ShardTable): void {
  if (table.cells.length === 0) throw new RecError('shard-malformed', 'a release has no cell')
  if (table.spaceCount !== manifest.spaces.length || table.dim !== manifest.spaces[0]?.dim)
    throw new RecError('shard-malformed', 'the shard table is of other spaces than the manifest')
}

/** The page's locale, else its language, else the first. */
function localeOf(locales: readonly string[], locale: string): number {
  const language = locale.split('-')[0]?.toLowerCase() ?? ''
  const exact = locales.indexOf(locale)
  if (exact >= 0) return exact
  return Math.max(
    0,
    locales.findIndex((name) => name.toLowerCase().split('-')[0] === language),
  )
}
