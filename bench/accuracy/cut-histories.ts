/** Pieces with fewer rows say nothing about a held-out part. */
const MIN_ROWS = 5

/**
 * Cuts each person's history into runs of `rows` rows, each a person of its own: a sparse log of many people, made of real rows. Rows are taken in the
 * order of their `timestamp` column, or of the file where it has none; what is left of a history below five rows goes.
 *
 * @param text - CSV whose first column names the person.
 */
export function cutHistories(text: string, rows: number): string {
  const [head = '', ...lines] = text.trimEnd().split('\n')
  const column = head.split(',').indexOf('timestamp')
  const histories = new Map<string, string[]>()
  for (const line of lines) {
    const comma = line.indexOf(',')
    const user = line.slice(0, comma)
    const known = histories.get(user) ?? []
    known.push(line.slice(comma + 1))
    histories.set(user, known)
  }
  const timeOf = (rest: string) => Number(rest.split(',')[column - 1])
  const cut: string[] = []
  let people = 0
  for (const history of histories.values()) {
    if (column > 0) history.sort((a, b) => timeOf(a) - timeOf(b))
    for (let from = 0; from + MIN_ROWS <= history.length; from += rows) {
      const piece = history.slice(from, from + rows)
      if (piece.length < MIN_ROWS) continue
      people++
      for (const rest of piece) cut.push(`${people},${rest}`)
    }
  }
  return `${[head, ...cut].join('\n')}\n`
}
