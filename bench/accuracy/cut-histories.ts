import { rowsByTime } from '../harness/rows-by-time.ts'

/** Pieces with fewer rows say nothing about a held-out part. */
const MIN_ROWS = 5

/**
 * Cuts each person's history into runs of `rows` rows, each a person of its own: a sparse log of many people, made of real rows. Runs of fewer than five rows go.
 *
 * @param text - CSV whose first column names the person.
 */
export function cutHistories(text: string, rows: number): string {
  const { head, rows: log } = rowsByTime(text)
  const histories = Map.groupBy(log, (row) => row.slice(0, row.indexOf(',')))
  const cut: string[] = []
  let people = 0
  for (const [user, history] of histories) {
    for (let from = 0; from < history.length; from += rows) {
      const piece = history.slice(from, from + rows)
      if (piece.length < MIN_ROWS) continue
      people++
      for (const row of piece) cut.push(`${people}${row.slice(user.length)}`)
    }
  }
  return `${[head, ...cut].join('\n')}\n`
}
