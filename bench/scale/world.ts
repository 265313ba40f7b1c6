import { seededRandom } from '#worker/core/synthetic-model'

/** A catalogue and its visitors, made up: topics within topics within topics, of very uneven size, with loose edges. */
export type World = {
  readonly items: number
  readonly dim: number
  /** Step of the int8 grid, the same in every dimension. */
  readonly step: number
  /** Row-major, items × dim. */
  readonly rows: Int8Array
  /** How many visitors an item's own niche draws, times what its length adds; any unit. */
  readonly popularity: Float32Array
  drawVisitor(): Visitor
}

/** What a visitor likes: three to seven directions with their shares, never shown to the device. */
export type Visitor = { readonly interests: readonly { readonly taste: Float32Array; readonly share: number }[] }

export type WorldOptions = { readonly items: number; readonly seed: number; readonly rows: Int8Array }

export const DIM = 64

/** Values beyond ±127 steps are cut; lengths go up to about 2. */
const STEP = 0.75 / 127

const ROOTS = 40
const BRANCHES = 25
const NICHES = 20

/** How far a child's direction lies from its parent's. */
const SPREAD = { branch: 0.9, niche: 0.6, item: 0.35, visitor: 0.25 } as const

/**
 * Draws a world. Niches get items and visitors by power laws of their own (so the most crowded niche is not the most liked), items lie around
 * their niche at heavy-tailed distances, and a tenth of them lie between two niches. Equal options give equal bits.
 */
export function drawWorld({ items, seed, rows }: WorldOptions): World {
  const random = seededRandom(seed)
  const normal = (): number => (random() + random() + random() + random() - 2) * Math.sqrt(3)
  const niches = drawNiches(normal)
  const count = niches.length / DIM
  const pickItemNiche = drawer(powerLaw(count, 1.05, random), random)
  const visitorWeights = powerLaw(count, 0.8, random)
  const pickVisitorNiche = drawer(visitorWeights, random)
  const popularity = new Float32Array(items)
  const vector = new Float32Array(DIM)
  for (let item = 0; item < items; item++) {
    const niche = pickItemNiche()
    const tail = Math.min(3, (1 - random()) ** -0.3) // Pareto
    around(vector, niches.subarray(niche * DIM, (niche + 1) * DIM), SPREAD.item * tail, normal)
    if (random() < 0.1) blend(vector, niches.subarray(pickItemNiche() * DIM))
    const length = Math.min(2, 0.6 * (1 - random()) ** -0.12)
    popularity[item] = visitorWeights[niche] * Math.exp(4 * length)
    for (let d = 0; d < DIM; d++)
      rows[item * DIM + d] = Math.max(-127, Math.min(127, Math.round((vector[d] * length) / STEP)))
  }
  const drawVisitor = (): Visitor => {
    const weights = Array.from({ length: 3 + Math.floor(random() ** 2 * 5) }, () => -Math.log(1 - random()) + 0.2)
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    return {
      interests: weights.map((weight) => {
        const taste = new Float32Array(DIM)
        const niche = pickVisitorNiche()
        around(taste, niches.subarray(niche * DIM, (niche + 1) * DIM), SPREAD.visitor, normal)
        return { taste, share: weight / total }
      }),
    }
  }
  return { items, dim: DIM, step: STEP, rows, popularity, drawVisitor }
}

function drawNiches(normal: () => number): Float32Array {
  const niches = new Float32Array(ROOTS * BRANCHES * NICHES * DIM)
  const [root, branch] = [new Float32Array(DIM), new Float32Array(DIM)]
  let at = 0
  for (let r = 0; r < ROOTS; r++) {
    around(root, new Float32Array(DIM), 1, normal)
    for (let b = 0; b < BRANCHES; b++) {
      around(branch, root, SPREAD.branch, normal)
      for (let n = 0; n < NICHES; n++, at += DIM) around(niches.subarray(at, at + DIM), branch, SPREAD.niche, normal)
    }
  }
  return niches
}

/** A direction of length 1 near another: `distance` is the length of what is added. */
function around(into: Float32Array, centre: Float32Array, distance: number, normal: () => number): void {
  let squares = 0
  for (let d = 0; d < DIM; d++) {
    into[d] = (centre[d] ?? 0) + (distance * normal()) / Math.sqrt(DIM)
    squares += into[d] * into[d]
  }
  const scale = 1 / Math.sqrt(squares)
  for (let d = 0; d < DIM; d++) into[d] *= scale
}

function blend(into: Float32Array, other: Float32Array): void {
  let squares = 0
  for (let d = 0; d < DIM; d++) {
    into[d] += other[d] ?? 0
    squares += into[d] * into[d]
  }
  const scale = 1 / Math.sqrt(squares)
  for (let d = 0; d < DIM; d++) into[d] *= scale
}

/** Weights rank^-exponent, in random order. */
function powerLaw(count: number, exponent: number, random: () => number): Float64Array {
  const weights = Float64Array.from({ length: count }, (_, rank) => (rank + 1) ** -exponent)
  for (let k = count - 1; k > 0; k--) {
    const other = Math.floor(random() * (k + 1))
    const held = weights[k] ?? 0
    weights[k] = weights[other] ?? 0
    weights[other] = held
  }
  return weights
}

/** Draws indices by weight. */
function drawer(weights: Float64Array, random: () => number): () => number {
  const ends = new Float64Array(weights.length)
  weights.reduce((sum, weight, i) => {
    ends[i] = sum + weight
    return sum + weight
  }, 0)
  const total = ends.at(-1) ?? 0
  return () => {
    const wanted = random() * total
    let [from, to] = [0, ends.length - 1]
    while (from < to) {
      const middle = (from + to) >>> 1
      if ((ends[middle] ?? 0) <= wanted) from = middle + 1
      else to = middle
    }
    return from
  }
}
