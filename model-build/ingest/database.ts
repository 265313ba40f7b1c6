import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import type { Config } from '../config/schema.ts'

/**
 * Runs a task with a DuckDB of its own, in memory with a spill directory, and closes it afterwards.
 * The session's time zone is UTC, so that a time without zone is UTC.
 */
export async function withDatabase<T>(
  input: Config['input'],
  task: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const spill = await mkdtemp(join(tmpdir(), 'pocketshelf-duckdb-'))
  const options: Record<string, string> = { memory_limit: `${input.memoryMegabytes}MB`, temp_directory: spill }
  if (input.threads > 0) options.threads = String(input.threads)
  const instance = await DuckDBInstance.create(':memory:', options)
  try {
    const connection = await instance.connect()
    try {
      await connection.run("SET TimeZone = 'UTC'")
      return await task(connection)
    } finally {
      connection.closeSync()
    }
  } finally {
    instance.closeSync()
    await rm(spill, { recursive: true, force: true })
  }
}
