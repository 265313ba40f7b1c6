import { clusterLarge, type LargeOptions } from '../train/cluster-large.ts'

/** Items of the first layer: four times what a phone holds. */
const LAYER_ITEMS = 200_000

/** Each further layer holds this many times as many items. */
const GROWTH = 4

export type DivideOptions = Omit<LargeOptions, 'targetSize'> & {
  /** Items of one cell. */
  readonly cellItems: number
}

/**
 * Divides items into cells in which a device finds much that it could recommend: a large catalogue first into layers by the length of the vectors, then each layer into
 * balanced k-means cells. Inner products grow with length, so the lists of an exact search come from the first layers, whose cells a small device can then hold alone.
 * @returns Cell of each item, 0 … count - 1, cells of the longest items first.
 */
export async function divideItems(options: DivideOptions): Promise<{ count: number; assignment: Int32Array }> {
  const { items, dim, read, cellItems, seed, pool, onProgress = () => undefined } = options
  const sizes = layerSizes(items)
  const layers = cutByLength(vectorLengths(options), sizes)
  const assignment = new Int32Array(items)
  let [count, done] = [0, 0]
  for (const [place, members] of layers.entries()) {
    const before = done
    const found = await clusterLarge({
      items: members.length,
      dim,
      // Of larger ones a phone beside millions of items holds one for each of its visitor's interests, often the wrong one (docs/engine.md).
      targetSize: place === 0 && sizes.length > 2 ? cellItems / 2 : cellItems,
      seed,
      pool,
      read: (k, into, at) => read(members[k], into, at),
      onProgress: (share) => onProgress((before + share * members.length) / items),
    })
    for (let k = 0; k < members.length; k++) assignment[members[k]] = count + found.assignment[k]
    count += found.count
    done += members.length
  }
  return { count, assignment }
}

/** Layers are cut off while at least as many items are left as the layer has; one layer holds a catalogue of less than two. */
export function layerSizes(items: number): number[] {
  const sizes: number[] = []
  let left = items
  for (let size = LAYER_ITEMS; left >= 2 * size; size *= GROWTH) {
    sizes.push(size)
    left -= size
  }
  return [...sizes, left]
}

function vectorLengths({ items, dim, read }: DivideOptions): Float32Array {
  const lengths = new Float32Array(items)
  const vector = new Float32Array(dim)
  for (let item = 0; item < items; item++) {
    read(item, vector, 0)
    lengths[item] = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0))
  }
  return lengths
}

/** Items of each layer, ascending, longest layer first; equally long items stay together, and layers without items are left out. */
function cutByLength(lengths: Float32Array, sizes: readonly number[]): Int32Array[] {
  const sorted = lengths.slice().sort().reverse()
  let end = 0
  const least = sizes.map((size) => {
    end += size
    return sorted[end - 1] ?? 0
  })
  const layerOf = Uint8Array.from(lengths, (length) => least.findIndex((limit) => length >= limit))
  const counts = sizes.map(() => 0)
  for (const layer of layerOf) counts[layer]++
  const layers = counts.map((count) => new Int32Array(count))
  const next = sizes.map(() => 0)
  layerOf.forEach((layer, item) => {
    layers[layer][next[layer]++] = item
  })
  return layers.filter((members) => members.length > 0)
}
