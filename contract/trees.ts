import { RecError } from './errors.ts'
import { decodeObject, encodeObject, OBJECT_KIND, requireSection } from './object-file.ts'

const SECTION = { header: 1, roots: 2, feature: 3, threshold: 4, left: 5, right: 6, leaf: 7 } as const

/** Leaves are whole multiples of this, and sums stay below 2^7, so that sums in single precision are exact in any order. */
export const LEAF_STEP = 2 ** -16

/** Largest |sum of leaves| in leaf steps (2^7 / LEAF_STEP): 24 bits, what a float32 holds exactly. */
export const LEAF_SUM_LIMIT = 2 ** 23

/**
 * A boosted tree ensemble. Node n sends a row left when row[feature[n]] <= threshold[n]. A child c >= 0 is a node,
 * c < 0 is leaf -c - 1. A tree that is a single leaf has a negative root.
 */
export type TreeEnsemble = {
  /** Feature layout the trees were trained on. */
  readonly layout: number
  readonly featureCount: number
  readonly roots: Int32Array
  readonly feature: Uint16Array
  readonly threshold: Float32Array
  readonly left: Int32Array
  readonly right: Int32Array
  /** In units of LEAF_STEP. */
  readonly leaf: Int32Array
}

/**
 * Scores rows by plain traversal: score = LEAF_STEP · Σ leaves, exact, so equal to ONNX Runtime's tree ensemble bit for bit.
 * @param rows - Row-major, rowCount × featureCount, finite.
 * @returns A new array of rowCount scores.
 */
export function scoreTrees(trees: TreeEnsemble, rows: Float32Array, rowCount: number): Float32Array {
  const { roots, feature, threshold, left, right, leaf, featureCount } = trees
  const scores = new Float32Array(rowCount)
  for (let row = 0; row < rowCount; row++) {
    const base = row * featureCount
    let sum = 0
    for (let t = 0; t < roots.length; t++) {
      let node = roots[t]
      while (node >= 0) node = rows[base + feature[node]] <= threshold[node] ? left[node] : right[node]
      sum += leaf[-node - 1]
    }
    scores[row] = sum * LEAF_STEP
  }
  return scores
}

/**
 * Trees object.
 *
 * | section | content                                                            |
 * | ------- | ------------------------------------------------------------------ |
 * | 1       | {layout u32, featureCount u32, trees u32, nodes u32, leaves u32}   |
 * | 2       | i32[trees] roots                                                   |
 * | 3, 4    | u16[nodes] feature, f32[nodes] threshold                           |
 * | 5, 6    | i32[nodes] left, right                                             |
 * | 7       | i32[leaves]                                                        |
 */
export function encodeTrees(trees: TreeEnsemble): Uint8Array {
  const header = new Uint32Array([
    trees.layout,
    trees.featureCount,
    trees.roots.length,
    trees.feature.length,
    trees.leaf.length,
  ])
  const bytes = (array: Uint32Array | Int32Array | Uint16Array | Float32Array) =>
    new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
  return encodeObject(
    OBJECT_KIND.trees,
    new Map([
      [SECTION.header, bytes(header)],
      [SECTION.roots, bytes(trees.roots)],
      [SECTION.feature, bytes(trees.feature)],
      [SECTION.threshold, bytes(trees.threshold)],
      [SECTION.left, bytes(trees.left)],
      [SECTION.right, bytes(trees.right)],
      [SECTION.leaf, bytes(trees.leaf)],
    ]),
  )
}

/**
 * Reads a trees object into memory of its own and proves that every walk ends: a child node always has a higher number than its parent.
 * @throws RecError `shard-malformed`
 */
export function decodeTrees(file: Uint8Array): TreeEnsemble {
  const sections = decodeObject(file, OBJECT_KIND.trees)
  const words = (type: number, count: number, width: number): ArrayBuffer => {
    const section = requireSection(sections, type)
    if (section.length !== count * width)
      throw new RecError('shard-malformed', 'trees do not fit their header', { section: type })
    return section.slice().buffer
  }
  const [layout = 0, featureCount = 0, treeCount = 0, nodeCount = 0, leafCount = 0] = new Uint32Array(
    words(SECTION.header, 5, 4),
  )
  const trees: TreeEnsemble = {
    layout,
    featureCount,
    roots: new Int32Array(words(SECTION.roots, treeCount, 4)),
    feature: new Uint16Array(words(SECTION.feature, nodeCount, 2)),
    threshold: new Float32Array(words(SECTION.threshold, nodeCount, 4)),
    left: new Int32Array(words(SECTION.left, nodeCount, 4)),
    right: new Int32Array(words(SECTION.right, nodeCount, 4)),
    leaf: new Int32Array(words(SECTION.leaf, leafCount, 4)),
  }
  checkTrees(trees)
  return trees
}

function checkTrees(trees: TreeEnsemble): void {
  const nodes = trees.feature.length
  const fits = (child: number, above: number) =>
    child >= 0 ? child > above && child < nodes : -child - 1 < trees.leaf.length
  const wrong = (message: string) => new RecError('shard-malformed', message, { nodes })
  for (const root of trees.roots) if (!fits(root, -1)) throw wrong('a root is outside the trees')
  for (let n = 0; n < nodes; n++) {
    if (!fits(trees.left[n], n) || !fits(trees.right[n], n)) throw wrong('a child does not follow its parent')
    if (trees.feature[n] >= trees.featureCount) throw wrong('a split reads beyond the features')
    if (!Number.isFinite(trees.threshold[n])) throw wrong('a threshold is not finite')
  }
}
