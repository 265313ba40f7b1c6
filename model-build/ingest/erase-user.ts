import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { RecError } from '#contract/errors'
import type { Config } from '../config/schema.ts'
import { detectDelimiter, parseCsvLine } from './csv-line.ts'
import { withDatabase } from './database.ts'
import { resolveLogColumns } from './layouts.ts'
import { sqlName, sqlText } from './sql.ts'

/** Rows of one file before and after. */
export type Erased = { readonly path: string; readonly kept: number; readonly erased: number }

/**
 * Rewrites a log without the rows of one user: other rows stay byte for byte (CSV, JSON lines) or value for value (Parquet). The new file takes the
 * place of the old one at once; a file without such rows is left as it is.
 * @throws RecError `input-malformed` for a file without a user column.
 */
export async function eraseUser(path: string, user: string, input: Config['input']): Promise<Erased> {
  const part = `${path}.${process.pid}.part`
  try {
    const counts = /\.parquet$/i.test(path)
      ? await eraseParquet(path, part, user, input)
      : await eraseLines(path, part, user, input)
    if (counts.erased > 0) await rename(part, path)
    return { path, ...counts }
  } finally {
    await rm(part, { force: true })
  }
}

type Counts = { readonly kept: number; readonly erased: number }

async function eraseLines(path: string, part: string, user: string, input: Config['input']): Promise<Counts> {
  const out = createWriteStream(part)
  const isJson = /\.(jsonl|ndjson|json)$/i.test(path)
  let isOf: ((line: string) => boolean | undefined) | undefined = isJson ? jsonUser(user) : undefined
  let pending = ''
  let kept = 0
  let erased = 0
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    const row = pending === '' ? line : `${pending}\n${line}`
    if (isOf === undefined) isOf = csvUser(row, user, path, input)
    else {
      const isUser = isOf(row)
      pending = isUser === undefined ? row : ''
      if (isUser === undefined) continue
      if (isUser) {
        erased++
        continue
      }
      kept++
    }
    if (!out.write(`${row}\n`)) await once(out, 'drain')
  }
  if (pending !== '') out.write(`${pending}\n`)
  await new Promise((resolve) => out.end(resolve))
  return { kept, erased }
}

/** Whether a row is of the user; undefined while a quoted field goes on in the next line. */
function csvUser(header: string, user: string, path: string, input: Config['input']) {
  const delimiter = detectDelimiter(header)
  const columns = (parseCsvLine(header.replace(/^\uFEFF/, ''), delimiter) ?? []).map((name) => name.trim())
  const at = columns.indexOf(resolveLogColumns(columns, input.layout === 'auto' ? 'generic' : input.layout, path).user)
  return (row: string): boolean | undefined => {
    const fields = parseCsvLine(row, delimiter)
    return fields === undefined ? undefined : fields[at] === user
  }
}

function jsonUser(user: string) {
  return (row: string): boolean => {
    try {
      const value = JSON.parse(row) as Record<string, unknown> | null // its columns are looked up by name
      const { user: name } = resolveLogColumns(Object.keys(value ?? {}), 'generic', 'row')
      return String(value?.[name]) === user
    } catch {
      return false
    }
  }
}

function eraseParquet(path: string, part: string, user: string, input: Config['input']): Promise<Counts> {
  return withDatabase(input, async (connection) => {
    const source = `read_parquet(${sqlText(path)})`
    const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${source}`)
    const columns = described.getRows().map(([name]) => String(name))
    const { user: column } = resolveLogColumns(columns, 'generic', path)
    const isOther = `CAST(${sqlName(column)} AS VARCHAR) IS DISTINCT FROM ${sqlText(user)}`
    const counts = await connection.runAndReadAll(
      `SELECT count(*) FILTER (${isOther}), count(*) FILTER (NOT (${isOther})) FROM ${source}`,
    )
    const [kept, erased] = (counts.getRows()[0] ?? []).map(Number)
    if (kept === undefined || erased === undefined) throw new RecError('input-malformed', `${path} cannot be counted`)
    await connection.run(`COPY (SELECT * FROM ${source} WHERE ${isOther}) TO ${sqlText(part)} (FORMAT parquet)`)
    return { kept, erased }
  })
}
