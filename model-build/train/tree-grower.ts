import { LEAF_STEP } from '#contract/trees'
import type { BinEdges, BinnedRows } from './binning.ts'
import type { KernelPool } from './thread-pool.ts'

const BINS = 256
/** Features whose histograms are built together; see the kernel. */
const BLOCK = 4
/** Below this many row-feature additions a histogram is built on the calling thread. */
const INLINE_WORK = 200_000

/** Shape of one tree. */
export type GrowOptions = {
  readonly leaves: number
  readonly learningRate: number
  readonly minRowsPerLeaf: number
  readonly l2: number
  /** A split must gain more than this. */
  readonly minGain: number
}

/** One tree: node n splits `feature[n]` at bin <= `bin[n]`; children >= 0 are nodes, < 0 leaf -c - 1; a root alone is leaf 0. */
export type BinTree = {
  readonly feature: number[]
  readonly bin: number[]
  readonly left: number[]
  readonly right: number[]
  /** Leaf values in units of LEAF_STEP. */
  readonly leaf: number[]
}

/** The best cut of a leaf; `column` counts among the columns the tree may use. */
type Split = { readonly column: number; readonly bin: number; readonly gain: number }

type Leaf = {
  readonly start: number
  readonly count: number
  /** f64 pairs (gradient, hessian) per feature and bin. */
  readonly histogram: Float64Array
  readonly gradient: number
  readonly hessian: number
  readonly split: Split | undefined
  /** Where to write this leaf's place: node and side. */
  readonly parent: number
  readonly isLeft: boolean
}

/** Grows trees leaf by leaf on binned rows; buffers live in the pool's scope. Source: LightGBM (Ke et al., NeurIPS 2017), histograms by subtraction. */
export class TreeGrower {
  readonly #pool: KernelPool
  readonly #data: BinnedRows
  readonly #edges: BinEdges
  readonly #options: GrowOptions
  readonly #rows: Int32Array
  readonly #spare: Int32Array
  readonly #counts: Int32Array
  readonly #names: Int32Array
  /** Features of the tree being grown: the first of `#names`. */
  #features: Int32Array
  readonly #histograms: readonly Float64Array[]
  /** Interleaved gradient and hessian per row, to be filled before `grow`. */
  readonly gradients: Float32Array

  constructor(pool: KernelPool, data: BinnedRows, edges: BinEdges, options: GrowOptions) {
    this.#pool = pool
    this.#data = data
    this.#edges = edges
    this.#options = options
    this.#rows = pool.i32(data.rowCount)
    this.#spare = pool.i32(data.rowCount)
    this.#counts = pool.i32(BINS)
    this.#names = pool.i32(edges.featureCount)
    this.#features = this.#names
    this.gradients = pool.f32(data.rowCount * 2)
    this.#histograms = Array.from({ length: options.leaves }, () => pool.f64(edges.featureCount * BINS * 2))
  }

  /** Grows one tree over `features` (one or more) and adds its leaves' values to `scores` (one f32 per row). */
  async grow(features: Int32Array, scores: Float32Array): Promise<BinTree> {
    const rowCount = this.#data.rowCount
    this.#features = this.#names.subarray(0, features.length)
    this.#features.set(features)
    for (let r = 0; r < rowCount; r++) this.#rows[r] = r
    const tree: BinTree = { feature: [], bin: [], left: [], right: [], leaf: [] }
    const root = this.#histograms[0]
    await this.#fill(root, 0, rowCount)
    const leaves = [this.#leaf({ start: 0, count: rowCount, histogram: root, parent: -1, isLeft: true })]
    while (leaves.length < this.#options.leaves) {
      const at = bestLeaf(leaves)
      const leaf = leaves[at]
      if (leaf?.split === undefined) break
      const [left, right] = await this.#divide(leaf, leaf.split, tree, this.#histograms[leaves.length])
      leaves[at] = this.#leaf(left)
      leaves.push(this.#leaf(right))
    }
    for (const leaf of leaves) this.#close(leaf, tree, scores)
    return tree
  }

  async #fill(histogram: Float64Array, start: number, count: number): Promise<void> {
    const { bins, stride } = this.#data
    const features = this.#features.length
    const tasks = Math.ceil(features / BLOCK)
    const rows = this.#rows.byteOffset + start * 4
    const columns = [bins.byteOffset, stride, this.#features.byteOffset, features]
    const args = [...columns, this.gradients.byteOffset, rows, count, histogram.byteOffset]
    if (count * features < INLINE_WORK) this.#pool.inline.histogram(0, tasks, 0, ...args)
    else await this.#pool.run({ kernel: 'histogram', tasks, args })
  }

  /** Where the bins of a column of this tree begin. */
  #column(column: number): number {
    const { bins, stride } = this.#data
    return bins.byteOffset + this.#features[column] * stride
  }

  /** Splits the rows of a leaf; the smaller child's histogram is built, the other is parent minus it, in the parent's place. */
  async #divide(leaf: Leaf, split: Split, tree: BinTree, spare: Float64Array): Promise<[OpenLeaf, OpenLeaf]> {
    const node = tree.feature.length
    tree.feature.push(this.#features[split.column])
    tree.bin.push(split.bin)
    tree.left.push(0)
    tree.right.push(0)
    if (leaf.parent >= 0) (leaf.isLeft ? tree.left : tree.right)[leaf.parent] = node
    const rows = this.#rows.byteOffset + leaf.start * 4
    const leftCount = this.#pool.inline.partitionRows(
      ...[rows, leaf.count, this.#spare.byteOffset, this.#column(split.column), split.bin],
    )
    const rightCount = leaf.count - leftCount
    const isLeftSmaller = leftCount <= rightCount
    if (isLeftSmaller) await this.#fill(spare, leaf.start, leftCount)
    else await this.#fill(spare, leaf.start + leftCount, rightCount)
    const [large, small] = [leaf.histogram.byteOffset, spare.byteOffset]
    this.#pool.inline.subtractHistogram(0, this.#features.length * BINS, 0, large, small, large)
    const [left, right] = isLeftSmaller ? [spare, leaf.histogram] : [leaf.histogram, spare]
    return [
      { start: leaf.start, count: leftCount, histogram: left, parent: node, isLeft: true },
      { start: leaf.start + leftCount, count: rightCount, histogram: right, parent: node, isLeft: false },
    ]
  }

  #leaf(open: OpenLeaf): Leaf {
    let gradient = 0
    let hessian = 0
    for (let b = 0; b < BINS * 2; b += 2) {
      gradient += open.histogram[b]
      hessian += open.histogram[b + 1]
    }
    const sums = { ...open, gradient, hessian }
    return { ...sums, split: this.#findSplit(sums) }
  }

  /**
   * Best split with enough rows on both sides. Histograms hold no row counts: the most promising feature's cut is looked at, and where it leaves too few
   * rows its best admissible cut is found by counting, until no other feature's unconstrained gain beats what is in hand.
   */
  #findSplit(leaf: OpenLeaf & Sums): Split | undefined {
    const { minRowsPerLeaf: least, minGain } = this.#options
    if (leaf.count < 2 * least) return undefined
    const open = Array.from(this.#features, (_, column) => this.#scan(leaf, column, undefined))
    let best: Split | undefined
    for (;;) {
      const top = open.reduce((most, split) => (split.gain > most.gain ? split : most))
      if (!(top.gain > (best?.gain ?? minGain))) return best
      const split = this.#leavesEnough(leaf, top) ? top : this.#scan(leaf, top.column, this.#count(leaf, top.column))
      open[top.column] = { ...top, gain: Number.NEGATIVE_INFINITY }
      if (split.gain > (best?.gain ?? minGain)) best = split
    }
  }

  #leavesEnough({ start, count }: OpenLeaf, { column, bin }: Split): boolean {
    const rows = this.#rows.byteOffset + start * 4
    const { minRowsPerLeaf } = this.#options
    return this.#pool.inline.leavesEnough(...[rows, count, this.#column(column), bin, minRowsPerLeaf]) !== 0
  }

  /** Rows of a leaf in each bin of a column, until the next call. */
  #count({ start, count }: OpenLeaf, column: number): Int32Array {
    const rows = this.#rows.byteOffset + start * 4
    this.#pool.inline.countBins(...[rows, count, this.#column(column), this.#counts.byteOffset])
    return this.#counts
  }

  #scan(leaf: OpenLeaf & Sums, column: number, counts: Int32Array | undefined): Split {
    const { l2, minRowsPerLeaf } = this.#options
    const { gradient, hessian, histogram } = leaf
    const whole = (gradient * gradient) / (hessian + l2)
    const cuts = this.#edges.counts[this.#features[column]]
    let [leftGradient, leftHessian, leftRows] = [0, 0, 0]
    let best = { column, bin: 0, gain: Number.NEGATIVE_INFINITY }
    for (let bin = 0, at = column * BINS * 2; bin < cuts; bin++, at += 2) {
      leftGradient += histogram[at]
      leftHessian += histogram[at + 1]
      if (counts !== undefined) {
        leftRows += counts[bin]
        if (leftRows < minRowsPerLeaf || leaf.count - leftRows < minRowsPerLeaf) continue
      }
      const rightGradient = gradient - leftGradient
      const gain =
        (leftGradient * leftGradient) / (leftHessian + l2) +
        (rightGradient * rightGradient) / (Math.max(0, hessian - leftHessian) + l2) -
        whole
      if (gain > best.gain) best = { column, bin, gain }
    }
    return best
  }

  #close(leaf: Leaf, tree: BinTree, scores: Float32Array): void {
    const { l2, learningRate } = this.#options
    const value = (-leaf.gradient / (leaf.hessian + l2)) * learningRate
    const steps = Math.round(value / LEAF_STEP)
    const rounded = steps * LEAF_STEP
    for (let k = leaf.start; k < leaf.start + leaf.count; k++) scores[this.#rows[k]] += rounded
    if (leaf.parent >= 0) (leaf.isLeft ? tree.left : tree.right)[leaf.parent] = -tree.leaf.length - 1
    tree.leaf.push(steps)
  }
}

type OpenLeaf = Pick<Leaf, 'start' | 'count' | 'histogram' | 'parent' | 'isLeft'>
type Sums = Pick<Leaf, 'gradient' | 'hessian'>

function bestLeaf(leaves: readonly Leaf[]): number {
  let best = 0
  for (let k = 1; k < leaves.length; k++) {
    if ((leaves[k].split?.gain ?? -1) > (leaves[best].split?.gain ?? -1)) best = k
  }
  return best
}
