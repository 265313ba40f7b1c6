import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

const POLL_MS = 200
const NEWBORN_MS = 10_000
const ABANDONED_MS = 30 * 60_000

/**
 * Runs `work` while holding a lock directory, so that two commands started together install once.
 * A lock whose owner died is taken over; the lock is given back however `work` ends.
 * @template T
 * @param {string} path - The directory that stands for the lock; its parent is created.
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(path, work) {
  await mkdir(dirname(path), { recursive: true })
  for (let round = 0; !(await tryLock(path)); round++) {
    if (round === 5) process.stderr.write('pocketshelf: another command is installing; waiting for it\n')
    const owner = await readOwner(path)
    if (await isAbandoned(path, owner)) await takeAway(path, owner)
    else await wait(POLL_MS)
  }
  try {
    return await work()
  } finally {
    await rm(path, { recursive: true, force: true })
  }
}

/** @param {string} path */
async function tryLock(path) {
  try {
    await mkdir(path)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
  await writeFile(join(path, 'pid'), String(process.pid))
  return true
}

/**
 * @param {string} path
 * @returns {Promise<number | undefined>} Undefined while the owner has not written its id yet, or when the lock is gone.
 */
async function readOwner(path) {
  const text = await readFile(join(path, 'pid'), 'utf8').catch(() => '')
  return /^\d+$/.test(text) ? Number(text) : undefined
}

/**
 * @param {string} path
 * @param {number | undefined} owner
 */
async function isAbandoned(path, owner) {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) return false
  const ageMs = Date.now() - found.mtimeMs
  if (owner === undefined) return ageMs > NEWBORN_MS
  return ageMs > ABANDONED_MS || !isRunning(owner)
}

/** @param {number} pid */
function isRunning(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

/**
 * Removes an abandoned lock. Renaming first lets one of several waiters win; if a new owner slipped in between, it gets its lock back.
 * @param {string} path
 * @param {number | undefined} owner
 */
async function takeAway(path, owner) {
  const aside = `${path}.${process.pid}`
  try {
    await rename(path, aside)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return
    throw error
  }
  if ((await readOwner(aside)) === owner) await rm(aside, { recursive: true, force: true })
  else await rename(aside, path)
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
