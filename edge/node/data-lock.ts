import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { RecError } from '#contract/errors'
import { errorCode } from './disk-errors.ts'

/** Long enough for the process before to finish its graceful stop on a restart. */
const WAIT_MS = 2_000

/** Held while a process owns a data directory. */
export type DataLock = {
  /** Tells tools on this machine where the owner answers, in `address.json`; it may be stale after a crash. */
  announce(url: string): void
  release(): void
}

/**
 * Makes this process the only owner of a data directory: what it keeps in memory would otherwise go stale. The lock is one of the
 * operating system's, so that it ends with the process however that dies; databases stay readable for backups.
 * @throws RecError `conflict` when another process owns the directory.
 */
export function lockDataDir(dataDir: string): DataLock {
  const db = new Database(join(dataDir, 'owner.lock'), { timeout: WAIT_MS })
  const address = join(dataDir, 'address.json')
  try {
    db.exec('BEGIN EXCLUSIVE')
  } catch (thrown) {
    db.close()
    if (!errorCode(thrown).startsWith('SQLITE_BUSY')) throw thrown
    throw new RecError('conflict', 'another edge runs on this data directory; stop it or publish to its address')
  }
  return {
    announce: (url) => writeFileSync(address, `${JSON.stringify({ url, pid: process.pid })}\n`),
    release: () => {
      rmSync(address, { force: true })
      db.close()
    },
  }
}
