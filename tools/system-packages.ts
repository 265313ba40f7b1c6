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

/**
 * Installs the browsers that the tests drive, with apt-get, when some are missing.
 * @returns Undefined when all are there; otherwise what the person at the machine can do.
 */
export function ensureSystemPackages(): string | undefined {
  const missing = missingPackages()
  if (missing.length === 0) return undefined
  const command = `apt-get update && apt-get install -y ${missing.join(' ')}`
  if (process.getuid?.() !== 0) return `missing ${missing.join(', ')}; as root: ${command}`
  console.log(`installing ${missing.join(', ')}`)
  const ok =
    runApt(['update', '-q']) &&
    runApt(['install', '-y', '-q', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300', ...missing])
  const still = missingPackages()
  return ok && still.length === 0 ? undefined : `could not install ${still.join(', ')}; try: ${command}`
}

function missingPackages(): string[] {
  return [...PACKAGES].filter(([, file]) => !existsSync(file)).map(([name]) => name)
}

function runApt(args: readonly string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  return spawnSync('apt-get', args, { env, stdio: ['ignore', 'inherit', 'inherit'] }).status === 0
}
