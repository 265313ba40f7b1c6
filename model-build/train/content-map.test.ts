import { describe, expect, test } from 'vitest'
import type { CatalogueItem } from '../dataset.ts'
import { extractContent, wordsOf } from './content-features.ts'
import { blendVectors, embedContent, trainContentMap } from './content-map.ts'
import { principalEigenvectors } from './eigen.ts'
import { trainIals } from './ials.ts'
import { clusteredLists, logFromLists } from './synthetic-log.ts'

const CLUSTERS = 8
const ITEMS = 240
const subjects = ['garden', 'ocean', 'robot', 'castle', 'desert', 'violin', 'glacier', 'bakery']

/** Item i belongs to cluster i % 8, which its category names and its title hints at. */
const catalogue: CatalogueItem[] = Array.from({ length: ITEMS }, (_, i) => ({
  id: `i${i}`,
  title: `The ${subjects[i % CLUSTERS]} ${['story', 'guide', 'song'][i % 3]} ${i}`,
  category: i % 5 === 0 ? '' : `Shelf/${subjects[i % CLUSTERS]}`,
  url: '',
  image: '',
  price: Number.NaN,
  createdAt: Number.NaN,
  tags: i % 2 === 0 ? ['classic'] : [],
  available: true,
}))

/** Items 0 … 39 are never seen in training. */
const isCold = (item: number) => item < 40
const full = clusteredLists({ users: 500, items: ITEMS, clusters: CLUSTERS, perUser: 14, seed: 3 })
const log = logFromLists(
  full.map((list) => list.filter((item) => !isCold(item))),
  ITEMS,
)
const dim = 16

describe('trainContentMap', () => {
  test('ranks unseen items of a user’s taste far above random', async () => {
    const model = await trainIals(log, { dim, alpha0: 0.1, reg: 0.01, nu: 1, sweeps: 6, seed: 1 })
    const support = new Int32Array(ITEMS)
    for (const item of log.item) support[item]++
    const map = await trainContentMap(catalogue, model.items, support, { dim, seed: 1 })
    expect(map.explained).toBeGreaterThan(0.3)
    let [hits, truths] = [0, 0]
    for (let u = 0; u < log.userCount; u++) {
      const wanted = full[u].filter(isCold)
      const score = (item: number) => {
        let sum = 0
        for (let k = 0; k < dim; k++) sum += model.users[u * dim + k] * map.vectors[item * dim + k]
        return sum
      }
      const top = Array.from({ length: 40 }, (_, i) => i)
        .sort((a, b) => score(b) - score(a))
        .slice(0, 8)
      hits += wanted.filter((item) => top.includes(item)).length
      truths += wanted.length
    }
    const random = 8 / 40
    expect(truths).toBeGreaterThan(500)
    expect(hits / truths).toBeGreaterThan(3 * random)
  })

  test('falls back to the mean vector for an item whose words nobody shares', async () => {
    const odd = [...catalogue.slice(0, 60), { ...catalogue[0], title: 'Zyx', category: '', tags: [] }]
    const vectors = new Float32Array(61 * 2).map((_, at) => (at % 2 === 0 ? 1 : at / 120))
    const support = new Int32Array(61).fill(50)
    support[60] = 0
    const map = await trainContentMap(odd, vectors, support, { dim: 2, seed: 1 })
    const mean = vectors.subarray(0, 120).reduce((sum, x, at) => sum + (at % 2 === 1 ? x / 60 : 0), 0)
    expect(map.vectors[120]).toBeCloseTo(1, 5)
    expect(map.vectors[121]).toBeCloseTo(mean, 5)
  })
})

describe('embedContent', () => {
  test('puts items of one subject next to each other without any log', async () => {
    const vectors = await embedContent(catalogue, { dim: 16, seed: 1 })
    let right = 0
    for (let i = 0; i < ITEMS; i++) {
      let [best, value] = [-1, -2]
      for (let j = 0; j < ITEMS; j++) {
        let dot = 0
        for (let k = 0; k < 16; k++) dot += vectors[i * 16 + k] * vectors[j * 16 + k]
        if (i !== j && dot > value) [best, value] = [j, dot]
      }
      if (best % CLUSTERS === i % CLUSTERS) right++
    }
    expect(right / ITEMS).toBeGreaterThan(0.95)
  })

  test('gives the same bits for the same seed', async () => {
    const first = await embedContent(catalogue, { dim: 6, seed: 5 })
    expect(await embedContent(catalogue, { dim: 6, seed: 5 })).toEqual(first)
  })
})

describe('extractContent', () => {
  test('makes unit rows and drops terms of a single item', () => {
    const rows = extractContent(catalogue.slice(0, 16))
    for (let i = 0; i < 16; i++) {
      const row = rows.values.subarray(rows.offsets[i], rows.offsets[i + 1])
      expect(row.reduce((sum, x) => sum + x * x, 0)).toBeCloseTo(1, 5)
    }
  })

  test('reads words of any script without accents', () => {
    expect(wordsOf('Émile’s Été: Война и мир, 1984!')).toEqual(['emile', 's', 'ete', 'воина', 'и', 'мир', '1984'])
  })
})

describe('blendVectors', () => {
  test('weighs own evidence against content', () => {
    const blended = blendVectors(Float32Array.from([1, 1, 1, 1]), Float32Array.from([3, 3, 5, 5]), [0, 6], 2)
    expect([...blended]).toEqual([3, 3, 2, 2])
  })
})

describe('principalEigenvectors', () => {
  test('diagonalises a small matrix, largest first', () => {
    const vectors = principalEigenvectors(Float64Array.from([2, 1, 1, 2]), 2)
    expect([...vectors].map((x) => Math.abs(x))).toEqual(
      [Math.SQRT1_2, Math.SQRT1_2, Math.SQRT1_2, Math.SQRT1_2].map((x) => expect.closeTo(x, 12)),
    )
    expect(vectors[0] * vectors[1]).toBeGreaterThan(0)
    expect(vectors[2] * vectors[3]).toBeLessThan(0)
  })
})
