/**
 * Lays results out for people: rows of equal width for a list of records, `name  value` lines for one record.
 * @param results - What a bench returned; nested values are written as JSON.
 */
export function formatTable(results: object): string {
  const rows: readonly (readonly string[])[] = Array.isArray(results)
    ? listRows(results)
    : Object.entries(results).map(pairRow)
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function pairRow([name, value]: [string, unknown]): readonly string[] {
  return [name, cellText(value)]
}

function listRows(records: readonly Readonly<Record<string, unknown>>[]): readonly (readonly string[])[] {
  const names = [...new Set(records.flatMap((record) => Object.keys(record)))]
  return [names, ...records.map((record) => names.map((name) => cellText(record[name])))]
}

function cellText(value: unknown): string {
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : value.toPrecision(4)
  if (value === undefined) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}
