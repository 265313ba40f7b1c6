/**
 * Splits one physical line of CSV (RFC 4180 quoting) into fields; text after a closing quote is kept as it stands.
 * @returns The fields, or undefined when a quoted field does not end on this line.
 */
export function parseCsvLine(line: string, delimiter: string): string[] | undefined {
  const fields: string[] = []
  let at = 0
  for (;;) {
    let field = ''
    if (line[at] === '"') {
      const end = closingQuote(line, at + 1)
      if (end < 0) return undefined
      field = line.slice(at + 1, end).replaceAll('""', '"')
      at = end + 1
    }
    const next = line.indexOf(delimiter, at)
    fields.push(field + line.slice(at, next < 0 ? line.length : next))
    if (next < 0) return fields
    at = next + delimiter.length
  }
}

function closingQuote(line: string, from: number): number {
  for (let at = line.indexOf('"', from); at >= 0; at = line.indexOf('"', at + 2)) if (line[at + 1] !== '"') return at
  return -1
}

/** Chooses the delimiter of a header line: the most frequent of comma, tab, semicolon and bar outside quotes; comma when there is none. */
export function detectDelimiter(header: string): string {
  const bare = header.replace(/"[^"]*"/g, '')
  let best = ','
  let bestCount = 0
  for (const candidate of [',', '\t', ';', '|']) {
    const count = bare.split(candidate).length - 1
    if (count > bestCount) {
      best = candidate
      bestCount = count
    }
  }
  return best
}
