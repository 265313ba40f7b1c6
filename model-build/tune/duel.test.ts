import { expect, test } from 'vitest'
import { createNormal, createRandom } from '../train/random.ts'
import { fightDuel } from './duel.ts'

const normal = createNormal(createRandom(11))
const base = Float64Array.from({ length: 400 }, () => 0.3 + 0.1 * normal())
const shifted = (by: number, spread: number) => base.map((value) => value + by + spread * normal())

test('a clear gain is taken, the same gain within noise or on too few users is not', () => {
  expect(fightDuel(base, shifted(0.02, 0.05), 1)).toMatchObject({ users: 400, isWon: true })
  expect(fightDuel(base, shifted(0.001, 0.2), 1).isWon).toBe(false)
  expect(fightDuel(base.slice(0, 10), shifted(0.02, 0).slice(0, 10), 1).isWon).toBe(false)
})

test('of settings that are no better about one in ten is taken', () => {
  const few = base.slice(0, 100)
  const won = Array.from({ length: 200 }, (_, seed) => fightDuel(few, shifted(0, 0.05).slice(0, 100), seed).isWon)
  const share = won.filter(Boolean).length / won.length
  expect(share).toBeGreaterThan(0.03)
  expect(share).toBeLessThan(0.18)
})
