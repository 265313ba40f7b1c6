import type { Impressions } from './read-impressions.ts'

const HOUR_MS = 3_600_000

/** A number of each row, NaN where there is none. */
export type RowNumbers = { readonly name: string; readonly values: Float64Array }

/** All number columns, spread from users and items to rows, with UTC hour and weekday where times are real. */
export function numbersByRow(rows: Impressions): RowNumbers[] {
  const spread = rows.columns.flatMap((column) => {
    if (column.kind !== 'number') return []
    const { name, owner, values } = column
    const owners = owner === 'user' ? rows.user : rows.item
    if (owner === 'row') return [{ name, values }]
    return [{ name, values: Float64Array.from(owners, (code) => (code < 0 ? Number.NaN : values[code])) }]
  })
  if (!rows.times.isReal) return spread
  const hours = rows.times.key.map((at) => Math.floor(at / HOUR_MS))
  const hour = { name: 'hour', values: hours.map((h) => h % 24) }
  const weekday = { name: 'weekday', values: hours.map((h) => Math.floor(h / 24) % 7) }
  const isVaried = ({ values }: RowNumbers) => new Set(values).size > 2
  return [...spread, ...[hour, weekday].filter(isVaried)]
}
