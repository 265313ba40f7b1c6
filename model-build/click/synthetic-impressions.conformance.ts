import { createNormal, createRandom } from '../train/random.ts'

/** An impression log with a known chance behind each label. */
export type SyntheticImpressions = {
  readonly users: string
  readonly items: string
  /** CSV lines `user_id,item_id,label,timestamp,position` without header, in time order. */
  readonly lines: readonly string[]
  /** The true chance of each line. */
  readonly chances: readonly number[]
}

const USERS = 150
const ITEMS = 60
const GENRES = ['drama', 'comedy', 'war', 'space', 'music', 'crime']

/** Makes impressions whose labels depend on user, item, a hidden taste for genres and the position; seeded. */
export function syntheticImpressions(count: number, seed: number): SyntheticImpressions {
  const random = createRandom(seed)
  const normal = createNormal(random)
  const moods = Array.from({ length: USERS }, normal)
  const tastes = Array.from({ length: USERS }, () => GENRES.map(() => 1.5 * normal()))
  const appeals = Array.from({ length: ITEMS }, normal)
  const genres = Array.from({ length: ITEMS }, () => GENRES.map((_, g) => g).filter(() => random() < 0.3))
  const lines: string[] = []
  const chances: number[] = []
  for (let n = 0; n < count; n++) {
    const [user, item] = [Math.floor(random() * USERS), Math.floor(random() * ITEMS)]
    const position = 1 + Math.floor(random() * 5)
    const liking = genres[item].reduce((sum, g) => sum + tastes[user][g], 0)
    const chance = 1 / (1 + Math.exp(-(moods[user] + appeals[item] + liking - 0.5 * position)))
    chances.push(chance)
    lines.push(`u${user},i${item},${random() < chance ? 1 : 0},${1_700_000_000 + n * 60},${position}`)
  }
  const users = ['user_id,age', ...moods.map((_, u) => `u${u},${20 + (u % 50)}`)].join('\n')
  const items = [
    'item_id,genres,price',
    ...genres.map((own, i) => `i${i},${own.map((g) => GENRES[g]).join('|')},${i * 1.5}`),
  ]
  return { users, items: items.join('\n'), lines, chances }
}
