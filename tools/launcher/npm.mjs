import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { environmentFor, runQuietly } from './child.mjs'

/**
 * Runs `npm ci` in a directory, under the given Node, with its output on stderr. Install scripts never run.
 * @param {string} directory - Holds package.json and package-lock.json.
 * @param {string} node - Absolute path of the Node that runs npm: npm skips optional packages whose engines do not fit it.
 * @returns {Promise<number>} npm's exit code.
 */
export function npmCi(directory, node) {
  const args = ['ci', '--prefix', directory, '--ignore-scripts', '--include=dev', '--include=optional']
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error']
  const options = { cwd: directory, env: environmentFor(node) }
  const script = npmScript()
  if (script) return runQuietly(node, [script, ...args, ...quiet], options)
  return runQuietly('npm', [...args, ...quiet], { ...options, shell: process.platform === 'win32' })
}

/**
 * The fingerprint that says for which lock file something was installed.
 * @param {string} file
 * @returns {Promise<string>} SHA-256, hex.
 */
export async function fingerprint(file) {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
}

/** Where npm's own script lies: the npm that called us, else the one installed beside our Node, else undefined (PATH decides). */
function npmScript() {
  const caller = process.env.npm_execpath ?? ''
  const beside = join(dirname(process.execPath), '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js')
  return [caller, beside].find((file) => file.endsWith('npm-cli.js') && existsSync(file))
}
