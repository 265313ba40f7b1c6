import { createRandom } from '../train/random.ts'

/** What `markovLists` draws. */
export type MarkovOptions = {
  readonly users: number
  readonly items: number
  readonly perUser: number
  /** Items that may follow an item. */
  readonly followers: number
  /** Share of steps to any item. */
  readonly noise: number
  readonly seed: number
}

/**
 * Histories, oldest first and without repeats, of users who follow two threads in turn: each item is a follower of the one before the last, and says
 * nothing of the last. Every item is about as popular as any other.
 */
export function markovLists({ users, items, perUser, followers, noise, seed }: MarkovOptions): number[][] {
  const random = createRandom(seed)
  const any = () => Math.floor(random() * items)
  const sets = Array.from({ length: items }, () => Array.from({ length: followers }, any))
  return Array.from({ length: users }, () => {
    const list = [any(), any()]
    const seen = new Set(list)
    for (let tries = 0; list.length < perUser && tries < perUser * 20; tries++) {
      const set = sets[list[list.length - 2]]
      const isStray = random() < noise || set.every((item) => seen.has(item))
      const next = isStray ? any() : set[Math.floor(random() * followers)]
      if (seen.has(next)) continue
      seen.add(next)
      list.push(next)
    }
    return list
  })
}
