// Scores of boosted trees by masks of reachable leaves, eight rows side by side: AssemblyScript, part of scan.wasm. See leaf-masks.ts.

let featureCount: i32 = 0
let treeCount: i32 = 0
let starts: usize = 0
let thresholds: usize = 0
let treeAt: usize = 0
let masks: usize = 0
let leaves: usize = 0
let base: usize = 0
let open: usize = 0
let alive: usize = 0

/**
 * Where the trees lie: splits by feature with ascending thresholds, each with 32 times its tree and the leaves that stay when a row fails it; 32 leaf
 * values a tree; then room for a word a tree, three words a feature and 32 bytes a tree.
 */
export function openTrees(
  features: i32,
  trees: i32,
  startsAt: usize,
  thresholdsAt: usize,
  treesAt: usize,
  masksAt: usize,
  leavesAt: usize,
  roomAt: usize,
): void {
  featureCount = features
  treeCount = trees
  starts = startsAt
  thresholds = thresholdsAt
  treeAt = treesAt
  masks = masksAt
  leaves = leavesAt
  base = roomAt
  open = base + ((<usize>trees) << 2)
  alive = (open + <usize>features * 12 + 15) & ~15
}

/** Sums of leaves of `count` rows, a multiple of 8, row-major; one i32 each. */
export function scoreTrees(rows: usize, count: i32, sums: usize): void {
  const opened = settle(rows, count)
  const width = (<usize>featureCount) << 2
  for (let row = 0; row < count; row += 8) {
    for (let tree = 0; tree < treeCount; tree++) {
      const all = v128.load32_splat(base + (tree << 2))
      v128.store(alive + (tree << 5), all)
      v128.store(alive + (tree << 5), all, 16)
    }
    const block = rows + <usize>row * width
    for (let n: usize = 0; n < opened; n++) {
      const at = open + n * 12
      fail(block + (<usize>load<u32>(at)), width, load<u32>(at, 4), load<u32>(at, 8))
    }
    for (let lane = 0; lane < 8; lane++) {
      let sum = 0
      for (let tree = 0; tree < treeCount; tree++) {
        const place = ctz(load<u32>(alive + (tree << 5) + (lane << 2)))
        sum += load<i32>(leaves + (((tree << 5) + place) << 2))
      }
      store<i32>(sums + ((row + lane) << 2), sum)
    }
  }
}

/** Takes away the leaves left of every split that a row fails, for one feature of eight rows. */
function fail(at: usize, width: usize, from: u32, to: u32): void {
  let low = v128.load32_splat(at)
  low = v128.load_lane<i32>(at + width, low, 1)
  low = v128.load_lane<i32>(at + width * 2, low, 2)
  low = v128.load_lane<i32>(at + width * 3, low, 3)
  const half = at + width * 4
  let high = v128.load32_splat(half)
  high = v128.load_lane<i32>(half + width, high, 1)
  high = v128.load_lane<i32>(half + width * 2, high, 2)
  high = v128.load_lane<i32>(half + width * 3, high, 3)
  for (let k: usize = from; k < <usize>to; k++) {
    const threshold = v128.load32_splat(thresholds + (k << 2))
    const failedLow = f32x4.gt(low, threshold)
    const failedHigh = f32x4.gt(high, threshold)
    if (!v128.any_true(v128.or(failedLow, failedHigh))) break
    const gone = v128.not(v128.load32_splat(masks + (k << 2)))
    const tree = alive + load<u32>(treeAt + (k << 2))
    v128.store(tree, v128.andnot(v128.load(tree), v128.and(failedLow, gone)))
    v128.store(tree, v128.andnot(v128.load(tree, 16), v128.and(failedHigh, gone)), 16)
  }
}

/** Settles the splits that all rows fail, and lists features with splits on which rows differ. @returns How many. */
function settle(rows: usize, count: i32): usize {
  for (let tree = 0; tree < treeCount; tree++) store<u32>(base + (tree << 2), 0xffffffff)
  let opened: usize = 0
  const width = (<usize>featureCount) << 2
  const end = rows + <usize>count * width
  for (let f = 0; f < featureCount; f++) {
    let first = load<u32>(starts + (f << 2))
    const last = load<u32>(starts + (f << 2), 4)
    if (first == last) continue
    let least = load<f32>(rows + (f << 2))
    let most = least
    for (let at = rows + (f << 2) + width; at < end; at += width) {
      const value = load<f32>(at)
      least = min(least, value)
      most = max(most, value)
    }
    for (; first < last && least > load<f32>(thresholds + (first << 2)); first++) {
      const tree = base + (load<u32>(treeAt + (first << 2)) >> 3)
      store<u32>(tree, load<u32>(tree) & load<u32>(masks + (first << 2)))
    }
    let to = first
    while (to < last && most > load<f32>(thresholds + (to << 2))) to++
    if (to == first) continue
    store<u32>(open + opened * 12, f << 2)
    store<u32>(open + opened * 12, first, 4)
    store<u32>(open + opened * 12, to, 8)
    opened++
  }
  return opened
}
