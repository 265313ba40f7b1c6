import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/** Debian package -> the file that shows that it is there. */
const PACKAGES = new Map([
  ['chromium', '/usr/lib/chromium/chromium'],
  ['firefox-esr', '/usr/bin/firefox-esr'],
  ['webkit2gtk-driver', '/usr/bin/WebKitWebDriver'],
  ['xvfb', '/usr/bin/xvfb-run'],
  ['fonts-dejavu-core', '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf'],
])

/** Least major versions that Playwright's pinned release drives: Firefox 140 knows not all commands, Chromium 150 fails at going offline. */
const LEAST = new Map([
  ['chromium', 156],
  ['firefox-esr', 153],
])

/**
 * Installs the browsers that the tests drive, with apt-get, when some are missing or too old. Old ones that stay are named, and used.
 * @returns Undefined when all are there; otherwise what the person at the machine can do.
 */
export function ensureSystemPackages(): string | undefined {
  const missing = missingPackages()
  const wanted = [...missing, ...oldPackages()]
  if (wanted.length === 0) return undefined
  const command = `apt-get update && apt-get install -y ${wanted.join(' ')}`
  const isRoot = process.getuid?.() === 0
  if (!isRoot && missing.length > 0) return `missing ${missing.join(', ')}; as root: ${command}`
  if (isRoot) install(wanted)
  const old = oldPackages()
  if (old.length > 0) console.log(`older than tested: ${old.join(', ')}; tests may fail; as root: ${command}`)
  const still = missingPackages()
  return still.length === 0 ? undefined : `could not install ${still.join(', ')}; try: ${command}`
}

function install(packages: readonly string[]): void {
  console.log(`installing ${packages.join(', ')}`)
  const options = ['-y', '-q', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300']
  if (runApt(['update', '-q'])) runApt(['install', ...options, ...packages])
}

function oldPackages(): string[] {
  return [...LEAST].filter(([name, least]) => majorOf(name) < least).map(([name]) => name)
}

/** Major version of an installed package; endless where it is not there or not of this system, which is another matter. */
function majorOf(name: string): number {
  const { stdout } = spawnSync('dpkg-query', ['-W', name], { encoding: 'utf8' })
  return Number(/\t(?:\d+:)?(\d+)/.exec(stdout ?? '')?.[1] ?? Number.POSITIVE_INFINITY)
}

function missingPackages(): string[] {
  return [...PACKAGES].filter(([, file]) => !existsSync(file)).map(([name]) => name)
}

function runApt(args: readonly string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  return spawnSync('apt-get', args, { env, stdio: ['ignore', 'inherit', 'inherit'] }).status === 0
}
