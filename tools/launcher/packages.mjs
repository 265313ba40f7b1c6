import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { withLock } from './lock.mjs'
import { fingerprint, npmCi } from './npm.mjs'

/**
 * One package of a lock file, as far as it matters here.
 * @typedef {{ version?: string, optional?: boolean, peer?: boolean, link?: boolean, os?: string | string[], cpu?: string | string[], libc?: string | string[] }} Locked
 */

/**
 * Sees to it that `node_modules` is what package-lock.json says, running `npm ci` when it is not.
 * @param {string} root - The project's directory.
 * @param {string} node - Absolute path of the Node that will run the project; npm runs under it too.
 * @throws {Error} When npm fails; nothing is marked as done, so the next call tries again.
 */
export async function ensurePackages(root, node) {
  const stamp = join(root, 'node_modules', '.pocketshelf-install')
  const wanted = await fingerprint(join(root, 'package-lock.json'))
  const isDone = async () => (await readFile(stamp, 'utf8').catch(() => '')) === wanted
  if (await isDone()) return
  await withLock(join(root, '.cache', 'install.lock'), async () => {
    if (await isDone()) return
    if ((await findMissing(root)).length > 0) await install(root, node)
    await writeFile(stamp, wanted)
  })
}

/**
 * @param {string} root
 * @param {string} node
 */
async function install(root, node) {
  process.stderr.write('pocketshelf: installing packages (once per change of package-lock.json)\n')
  const code = await npmCi(root, node)
  if (code !== 0)
    throw new Error(`npm ci failed with exit code ${code}; its message is above. Run the same command again to retry`)
  const missing = await findMissing(root)
  if (missing.length > 0)
    throw new Error(`npm ci left out ${missing.join(', ')}; check the network and run the same command again`)
}

/**
 * What the installed tree lacks, whoever installed it; npm reports success when the download of an optional package failed.
 * @param {string} root
 */
async function findMissing(root) {
  const wanted = await readLocked(join(root, 'package-lock.json'))
  const present = await readLocked(join(root, 'node_modules', '.package-lock.json'))
  return missingPackages(wanted, present)
}

/**
 * Names what a finished install lacks. An `npm ci` under an old Node skips optional packages that need a newer one without a word; those count.
 * @param {Readonly<Record<string, Locked>>} wanted - `packages` of package-lock.json.
 * @param {Readonly<Record<string, Locked>>} present - `packages` of node_modules/.package-lock.json.
 * @returns {string[]} Paths as the lock file spells them, in its order.
 */
export function missingPackages(wanted, present) {
  return Object.entries(wanted)
    .filter(([path, entry]) => path !== '' && present[path]?.version !== entry.version && !isForOthers(entry))
    .map(([path]) => path)
}

/** Whether npm leaves a package out here: made for another machine, or, without naming any, a part of one that is. @param {Locked} entry */
function isForOthers(entry) {
  if (entry.optional !== true) return false
  if (entry.os === undefined && entry.cpu === undefined) return true
  return !fits(entry.os, process.platform) || !fits(entry.cpu, process.arch) || !fits(entry.libc, libcName())
}

/**
 * @param {string | string[] | undefined} field
 * @param {string} own
 */
function fits(field, own) {
  const names = [field ?? []].flat()
  if (names.includes(`!${own}`)) return false
  const allowed = names.filter((name) => !name.startsWith('!'))
  return allowed.length === 0 || allowed.includes(own)
}

function libcName() {
  if (process.platform !== 'linux') return 'none'
  const report = /** @type {{ header?: { glibcVersionRuntime?: string } }} */ (process.report.getReport())
  return report.header?.glibcVersionRuntime ? 'glibc' : 'musl'
}

/**
 * @param {string} file
 * @returns {Promise<Record<string, Locked>>} Empty when there is no such file.
 */
async function readLocked(file) {
  try {
    return JSON.parse(await readFile(file, 'utf8')).packages
  } catch {
    return {}
  }
}
