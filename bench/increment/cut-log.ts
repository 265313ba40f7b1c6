import { rowsByTime } from '../harness/rows-by-time.ts'

/** One log as three CSV files: what a first release learns from, the same with newer rows, and rows that nobody learns from. */
export type CutLog = { readonly base: string; readonly all: string; readonly test: string; readonly newRows: number }

export type CutShares = { readonly testShare: number; readonly newShare: number }

/** Cuts a log by its `timestamp` column, or by the order of its rows where it has none: the newest rows are the test, those before them are new. */
export function cutByTime(text: string, { testShare, newShare }: CutShares): CutLog {
  const { head, rows } = rowsByTime(text)
  const known = Math.floor(rows.length * (1 - testShare))
  const old = Math.floor(known * (1 - newShare))
  const file = (from: number, to: number) => `${[head, ...rows.slice(from, to)].join('\n')}\n`
  return { base: file(0, old), all: file(0, known), test: file(known, rows.length), newRows: known - old }
}
