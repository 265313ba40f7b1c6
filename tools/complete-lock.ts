/**
 * Adds to package-lock.json the optional packages for other machines that the registry at hand does not carry. npm leaves them out when it
 * writes the file and then refuses the file in `npm ci` ("Missing: … from lock file", npm/cli#9846). Run it after every `npm install`;
 * `--check` only tells. May go when npm accepts its own file.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

type LockEntry = {
  readonly version?: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
  readonly libc?: readonly string[]
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

type Lock = { packages: Record<string, LockEntry> }

const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const PROCESSORS = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64', 'wasm32']
/** Other words for the same machines, as workerd's packages use them. */
const ALIASES = new Map([
  ['windows', 'win32'],
  ['64', 'x64'],
])
const LIBRARIES = new Map([
  ['musl', 'musl'],
  ['musleabihf', 'musl'],
  ['gnu', 'glibc'],
  ['gnueabihf', 'glibc'],
])

/**
 * Lists the optional packages that the file mentions but does not hold, as entries to add.
 * @param lock - A lock file of version 3; left as it is.
 * @returns Path -> entry, in the order met; packages that name no machine, or a version range, are not ours to guess and are left out.
 */
export function missingEntries(lock: Lock): Map<string, LockEntry> {
  const added = new Map<string, LockEntry>()
  for (const [parent, { optionalDependencies = {}, dev }] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      const path = `node_modules/${name}`
      if (`${parent}/${path}` in lock.packages || path in lock.packages) continue
      const machine = machineOf(name)
      if (machine && /^\d+\.\d+\.\d+/.test(version)) {
        added.set(path, { version, ...(dev ? { dev } : {}), optional: true, ...machine })
      }
    }
  }
  return added
}

/** Reads the machine off a package's name, `@biomejs/cli-linux-x64-musl` for example; undefined when it names none. */
function machineOf(name: string): Pick<LockEntry, 'os' | 'cpu' | 'libc'> | undefined {
  const words = name.split(/[-/]/).map((word) => ALIASES.get(word) ?? word)
  const os = SYSTEMS.filter((system) => words.includes(system))
  const cpu = PROCESSORS.filter((processor) => words.includes(processor))
  if (cpu.length === 0) return undefined
  const libc = words.flatMap((word) => LIBRARIES.get(word) ?? [])
  return { cpu, ...(os.length > 0 ? { os } : {}), ...(libc.length > 0 ? { libc } : {}) }
}

function main(): void {
  const file = fileURLToPath(new URL('../package-lock.json', import.meta.url))
  const lock: Lock = JSON.parse(readFileSync(file, 'utf8'))
  const added = missingEntries(lock)
  if (added.size === 0) return
  if (process.argv.includes('--check')) {
    console.error(
      `package-lock.json lacks ${[...added.keys()].join(', ')}: run \`node tools/run.mjs tools/complete-lock.ts\``,
    )
    process.exitCode = 1
    return
  }
  const paths = Object.entries({ ...lock.packages, ...Object.fromEntries(added) })
  lock.packages = Object.fromEntries(paths.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
  console.error(`package-lock.json: ${added.size} optional packages for other machines added`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main()
