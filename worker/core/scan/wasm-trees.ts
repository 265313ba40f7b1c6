import { RecError } from '#contract/errors'
import { LEAF_STEP, type TreeEnsemble } from '#contract/trees'
import { collectSplits, MASK_LEAVES } from '../leaf-masks.ts'
import { createTreeScorer, type TreeScorer } from '../tree-scorer.ts'

type TreeKernel = {
  readonly memory: WebAssembly.Memory
  openTrees(...parts: number[]): void
  scoreTrees(rows: number, count: number, sums: number): void
}

/** The kernel has no static data below it. */
const TREES_AT = 1_024

/** Rows scored side by side. */
const LANES = 8
const PAGE = 65_536

/**
 * Scores by masks of leaves as `createMaskScorer` does, eight rows side by side, in a memory of its own; bit for bit the same.
 * @param module - Compiled `scan.wasm`.
 * @param trees - At most MASK_LEAVES leaves each.
 * Where its memory cannot grow to the rows of a call, JavaScript scores them.
 * @throws RecError `engine-unavailable` when the engine cannot instantiate it or has no memory for the trees.
 */
export function createWasmTrees(module: WebAssembly.Module, trees: TreeEnsemble): TreeScorer {
  const kernel = instantiate(module)
  const { featureCount } = trees
  const rowsAt = layTrees(kernel, trees)
  let plain: TreeScorer | undefined
  return (rows, count) => {
    const padded = Math.ceil(count / LANES) * LANES
    const sumsAt = rowsAt + padded * featureCount * 4
    if (!grow(kernel, sumsAt + padded * 4)) {
      plain ??= createTreeScorer(trees)
      return plain(rows, count)
    }
    const { buffer } = kernel.memory
    const own = new Float32Array(buffer, rowsAt, padded * featureCount)
    own.set(count * featureCount === rows.length ? rows : rows.subarray(0, count * featureCount))
    const lastRow = (count - 1) * featureCount
    for (let row = count; row < padded; row++) own.copyWithin(row * featureCount, lastRow, lastRow + featureCount)
    if (count > 0) kernel.scoreTrees(rowsAt, padded, sumsAt)
    return Float32Array.from(new Int32Array(buffer, sumsAt, count), (sum) => sum * LEAF_STEP)
  }
}

/** Writes the splits. @returns Where rows may lie. */
function layTrees(kernel: TreeKernel, trees: TreeEnsemble): number {
  const { starts, thresholds, treeOf, masks, leaves } = collectSplits(trees)
  const treeAt = treeOf.map((tree) => tree * LANES * 4)
  const parts = [starts, thresholds, treeAt, masks, leaves]
  const places: number[] = []
  let end = TREES_AT
  for (const part of parts) {
    places.push(end)
    end += part.byteLength
  }
  const { featureCount, roots } = trees
  const treeCount = roots.length
  const rowsAt = Math.ceil((end + treeCount * 4 + featureCount * 12 + 16 + treeCount * LANES * 4) / 16) * 16
  if (!grow(kernel, rowsAt)) throw new RecError('engine-unavailable', 'no memory for trees', { sizeBytes: rowsAt })
  parts.forEach((part, i) => {
    new Uint8Array(kernel.memory.buffer, places[i], part.byteLength).set(new Uint8Array(part.buffer))
  })
  kernel.openTrees(featureCount, treeCount, ...places, end)
  if (leaves.length !== treeCount * MASK_LEAVES) throw new RecError('model-malformed', 'trees have too many leaves')
  return rowsAt
}

/** @returns Whether the memory has so many bytes now. */
function grow({ memory }: TreeKernel, bytes: number): boolean {
  const missing = Math.ceil((bytes - memory.buffer.byteLength) / PAGE)
  try {
    if (missing > 0) memory.grow(missing)
    return true
  } catch {
    return false // the engine has no more to give
  }
}

function instantiate(module: WebAssembly.Module): TreeKernel {
  try {
    return new WebAssembly.Instance(module, {}).exports as unknown as TreeKernel // the module is pinned by hash; these are its exports
  } catch (cause) {
    throw new RecError('engine-unavailable', 'the tree kernel cannot start', {}, { cause })
  }
}
