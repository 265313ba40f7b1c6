/** A CSV log as its head and its rows, oldest first by the `timestamp` column; in the order of the file where it has none. */
export function rowsByTime(text: string): { readonly head: string; readonly rows: readonly string[] } {
  const [head = '', ...rows] = text.trimEnd().split('\n')
  const column = head.split(',').indexOf('timestamp')
  if (column < 0) return { head, rows }
  const timed = rows.map((row) => ({ row, at: Number(row.split(',')[column]) }))
  return { head, rows: timed.sort((a, b) => a.at - b.at).map(({ row }) => row) }
}
