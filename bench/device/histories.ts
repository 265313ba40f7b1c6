import { seededRandom } from '#worker/core/synthetic-model'

/** Lengths of histories, most of them short, as visitors' are. */
const LONGEST = 60

/**
 * Made-up histories, no two of them equal: each stays mostly near two places of the catalogue, whose neighbours in the file are alike.
 * @param ids - The catalogue in its file's order.
 * @returns Oldest item first, 1…60 items each.
 */
export function drawHistories(ids: readonly string[], count: number, seed: number): string[][] {
  const random = seededRandom(seed)
  const below = (end: number): number => Math.floor(random() * end)
  const histories = new Map<string, string[]>()
  while (histories.size < count) {
    const centres = [below(ids.length), below(ids.length)]
    const length = 1 + Math.floor(random() * random() * LONGEST)
    const items = new Set<string>()
    for (let draw = 0; draw < length; draw++) {
      const centre = centres[draw % 2] ?? 0
      const place = random() < 0.2 ? below(ids.length) : (centre + below(200)) % ids.length
      items.add(ids[place] ?? '')
    }
    const history = [...items]
    histories.set(history.join(), history)
  }
  return [...histories.values()]
}
