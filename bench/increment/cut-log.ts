import { seededRandom } from '#worker/core/synthetic-model'

/** One log as three CSV files: what a first release learns from, the same with newer rows, and rows that nobody learns from. */
export type CutLog = { readonly base: string; readonly all: string; readonly test: string; readonly newRows: number }

export type CutShares = { readonly testShare: number; readonly newShare: number }

/** Cuts a log with a `timestamp` column by time: the newest rows are the test, those before them are new. */
export function cutByTime(text: string, { testShare, newShare }: CutShares): CutLog {
  const { head, rows } = parse(text)
  const column = head.split(',').indexOf('timestamp')
  const timed = rows.map((row) => ({ row, at: Number(row.split(',')[column]) })).sort((a, b) => a.at - b.at)
  const known = Math.floor(rows.length * (1 - testShare))
  const old = Math.floor(known * (1 - newShare))
  return cut(
    head,
    timed.map(({ row }) => row),
    (at) => (at < old ? 'base' : at < known ? 'new' : 'test'),
  )
}

/** Cuts a log without times by chance; rows stay in the order of the file. */
export function cutByChance(
  text: string,
  { testShare, newShare, seed }: CutShares & { readonly seed: number },
): CutLog {
  const { head, rows } = parse(text)
  const random = seededRandom(seed)
  return cut(head, rows, () => (random() < testShare ? 'test' : random() < newShare ? 'new' : 'base'))
}

function parse(text: string): { readonly head: string; readonly rows: readonly string[] } {
  const [head = '', ...rows] = text.trimEnd().split('\n')
  return { head, rows }
}

function cut(head: string, rows: readonly string[], partOf: (at: number) => 'base' | 'new' | 'test'): CutLog {
  const parts = rows.map((_, at) => partOf(at))
  const file = (...wanted: readonly string[]) =>
    `${[head, ...rows.filter((_, at) => wanted.includes(parts[at] ?? ''))].join('\n')}\n`
  const newRows = parts.filter((part) => part === 'new').length
  return { base: file('base'), all: file('base', 'new'), test: file('test'), newRows }
}
