import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEFAULTS } from '../config/defaults.ts'
import { withDatabase } from './database.ts'
import { eraseUser } from './erase-user.ts'
import { sqlText } from './sql.ts'

describe('eraseUser', () => {
  let dir = ''
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'erase-'))
  })
  afterAll(() => rm(dir, { recursive: true, force: true }))
  const erase = (path: string, user: string) => eraseUser(path, user, DEFAULTS.input)

  test('takes the rows of one user out of a CSV file and leaves the others byte for byte', async () => {
    const path = join(dir, 'log.csv')
    const rest = ['item_id,user_id,note', 'a,u10,"says ""hi"", twice"', 'b,"u2","two', 'lines, u1"', 'c,1,u1']
    await writeFile(path, `${[...rest.slice(0, 2), 'a,u1,x', ...rest.slice(2), 'd,u1,"more', 'of it"'].join('\n')}\n`)
    expect(await erase(path, 'u1')).toEqual({ path, kept: 3, erased: 2 })
    expect(await readFile(path, 'utf8')).toBe(`${rest.join('\n')}\n`)
    expect(await erase(path, 'u1')).toMatchObject({ erased: 0 })
    expect(await readFile(path, 'utf8')).toBe(`${rest.join('\n')}\n`)
  })

  test('takes them out of JSON lines', async () => {
    const path = join(dir, 'log.jsonl')
    await writeFile(
      path,
      '{"user_id":"7","item_id":"a"}\n{"item_id":"b","user_id":7}\n{"user_id":"77","item_id":"7"}\n',
    )
    expect(await erase(path, '7')).toMatchObject({ kept: 1, erased: 2 })
    expect(await readFile(path, 'utf8')).toBe('{"user_id":"77","item_id":"7"}\n')
  })

  test('takes them out of Parquet, rows without a user staying', async () => {
    const path = join(dir, 'log.parquet')
    const rows = "(VALUES ('u1', 'a'), ('u2', 'b'), (NULL, 'c'), ('u1', 'd')) AS t(user_id, item_id)"
    const left = await withDatabase(DEFAULTS.input, async (connection) => {
      await connection.run(`COPY (SELECT * FROM ${rows}) TO ${sqlText(path)} (FORMAT parquet)`)
      expect(await erase(path, 'u1')).toMatchObject({ kept: 2, erased: 2 })
      return (await connection.runAndReadAll(`SELECT item_id FROM read_parquet(${sqlText(path)}) ORDER BY 1`)).getRows()
    })
    expect(left).toEqual([['b'], ['c']])
  })

  test('refuses a file without a user column', async () => {
    const path = join(dir, 'items.csv')
    await writeFile(path, 'item_id,title\na,b\n')
    await expect(erase(path, 'a')).rejects.toMatchObject({ code: 'input-malformed' })
    expect(await readFile(path, 'utf8')).toBe('item_id,title\na,b\n')
  })
})
