import { spawnSync } from 'node:child_process'

/** Debian packages that the bench compares with and measures by. */
const PROGRAMS = { nginx: '/usr/sbin/nginx', wrk: '/usr/bin/wrk' } as const

const isThere = (path: string): boolean => spawnSync('test', ['-x', path]).status === 0

/** Paths of nginx and wrk; installs them when they are missing and this is root. Throws with the command to run otherwise. */
export function requirePrograms(report: (line: string) => void): typeof PROGRAMS {
  const missing = Object.entries(PROGRAMS).filter(([, path]) => !isThere(path))
  if (missing.length === 0) return PROGRAMS
  const names = missing.map(([name]) => (name === 'nginx' ? 'nginx-light' : name))
  const command = `apt-get update && apt-get install -y --no-install-recommends ${names.join(' ')}`
  if (process.getuid?.() !== 0) throw new Error(`missing ${names.join(', ')}; as root: ${command}`)
  report(`installing ${names.join(', ')}`)
  spawnSync('sh', ['-c', command], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 2, 2],
  })
  if (!missing.every(([, path]) => isThere(path))) throw new Error(`could not install ${names.join(', ')}`)
  return PROGRAMS
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
