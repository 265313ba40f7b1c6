/** Items of a history that belong together. */
export type Interest = {
  /** Places in the history, ascending. */
  readonly members: readonly number[]
  /** Share of the history's weight, 0…1. */
  readonly share: number
  /** Mean direction of the members, length 1; zeros where they cancel out. */
  readonly direction: Float32Array
}

/** Latest items that are grouped. */
const MOST_ITEMS = 60

/** Groups at least this alike (cosine of their mean directions) are one interest. */
const ALIKE = 0.5

/**
 * Groups a history by agglomeration of mean directions (in the way of PinnerSage, Pal et al., KDD 2020): the two most alike groups become one until
 * none are alike and there are at most `most`.
 * @param vectors - Of the history, latest first; the first 60 count.
 * @param weights - One per vector, positive.
 * @returns Largest share first, ties by their latest member.
 */
export function findInterests(
  vectors: readonly Float32Array[],
  weights: Float64Array,
  most: number,
): readonly Interest[] {
  const count = Math.min(vectors.length, MOST_ITEMS)
  const groups = vectors.slice(0, count).map((vector, i) => ({ members: [i], sum: scaled(vector, weights[i]) }))
  const likeness = groups.map((a) => groups.map((b) => cosine(a.sum, b.sum)))
  const alive = new Set(groups.keys())
  for (;;) {
    const pair = mostAlike(alive, likeness)
    if (pair === null || (alive.size <= most && pair.value < ALIKE)) break
    const [a, b] = [groups[pair.a], groups[pair.b]]
    for (let d = 0; d < a.sum.length; d++) a.sum[d] += b.sum[d]
    a.members.push(...b.members)
    alive.delete(pair.b)
    for (const other of alive) {
      likeness[pair.a][other] = cosine(a.sum, groups[other].sum)
      likeness[other][pair.a] = likeness[pair.a][other]
    }
  }
  return toInterests(
    [...alive].map((i) => groups[i]),
    weights,
  )
}

type Group = { readonly members: number[]; readonly sum: Float64Array }

function toInterests(groups: readonly Group[], weights: Float64Array): readonly Interest[] {
  const weigh = ({ members }: Group): number => members.reduce((sum, place) => sum + weights[place], 0)
  const total = groups.reduce((sum, group) => sum + weigh(group), 0)
  const found = groups.map((group) => ({
    members: group.members.sort((a, b) => a - b),
    share: total > 0 ? weigh(group) / total : 0,
    direction: unit(group.sum),
  }))
  return found.sort((a, b) => b.share - a.share || a.members[0] - b.members[0])
}

function mostAlike(
  alive: ReadonlySet<number>,
  likeness: readonly (readonly number[])[],
): { a: number; b: number; value: number } | null {
  let best: { a: number; b: number; value: number } | null = null
  for (const a of alive)
    for (const b of alive)
      if (a < b && (best === null || likeness[a][b] > best.value)) best = { a, b, value: likeness[a][b] }
  return best
}

/** Directions count, not lengths: a popular item is no larger part of a taste. */
function scaled(vector: Float32Array, weight: number): Float64Array {
  const length = Math.sqrt(dot(vector, vector))
  return Float64Array.from(vector, (value) => (length > 0 ? (value * weight) / length : 0))
}

function unit(sum: Float64Array): Float32Array {
  const length = Math.sqrt(dot(sum, sum))
  return Float32Array.from(sum, (value) => (length > 0 ? value / length : 0))
}

function cosine(a: Float64Array, b: Float64Array): number {
  const size = Math.sqrt(dot(a, a) * dot(b, b))
  return size > 0 ? dot(a, b) / size : 0
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0
  for (let d = 0; d < a.length; d++) sum += a[d] * b[d]
  return sum
}
