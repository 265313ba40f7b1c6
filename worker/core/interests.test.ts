import { expect, test } from 'vitest'
import { findInterests } from './interests.ts'

const at = (angle: number): Float32Array => Float32Array.of(Math.cos(angle), Math.sin(angle), 0)
const alike = (count: number) => new Float64Array(count).fill(1)

test('findInterests keeps unlike groups apart, largest share first, and puts lengths aside', () => {
  const vectors = [at(0), at(2), at(0.1), at(0.2), at(2.1)].map((vector, i) => vector.map((value) => value * (i + 1)))
  const found = findInterests(vectors, alike(5), 4)
  expect(found.map(({ members }) => members)).toEqual([
    [0, 2, 3],
    [1, 4],
  ])
  expect(found.map(({ share }) => share)).toEqual([0.6, 0.4])
  expect(found[0].direction[1] / found[0].direction[0]).toBeCloseTo(Math.tan(0.1), 5)
})

test('findInterests joins the most alike until there are few enough, and weighs by the weights', () => {
  const found = findInterests([at(0), at(1.2), at(2.4), at(2.9)], Float64Array.of(1, 1, 4, 4), 2)
  expect(found.map(({ members }) => members)).toEqual([
    [2, 3],
    [0, 1],
  ])
  expect(found.map(({ share }) => share)).toEqual([0.8, 0.2])
})

test('findInterests takes empty histories, zero vectors and long ones', () => {
  expect(findInterests([], alike(0), 4)).toEqual([])
  expect(findInterests([new Float32Array(3)], alike(1), 4)[0].direction).toEqual(new Float32Array(3))
  const long = Array.from({ length: 500 }, (_, i) => at(i))
  expect(Math.max(...findInterests(long, alike(500), 3).flatMap(({ members }) => members))).toBe(59)
})
