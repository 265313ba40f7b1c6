import { readFile } from 'node:fs/promises'
import { parse } from 'smol-toml'
import { RecError } from '#contract/errors'
import { closestName } from './closest-name.ts'
import { DEFAULTS } from './defaults.ts'
import { type Config, configSchema } from './schema.ts'

/** The same tree as `Config` with every entry optional; arrays replace, they do not merge. */
export type PartialConfig = { readonly [S in keyof Config]?: Config[S] extends object ? Partial<Config[S]> : Config[S] }

type Tree = { [key: string]: unknown }

/** Tables whose keys are the site's own names, not ours. */
const OPEN_TABLES = new Set(['events.weights', 'events.aliases'])

/**
 * Resolves the configuration once, at the edge of the build: defaults, then the TOML file, then overrides from options.
 * @throws RecError `input-missing` when the file is not there; `config-invalid` for bad TOML, an unknown key (with the nearest
 *   known one) or a value outside its range.
 */
export async function resolveConfig(path?: string, overrides: PartialConfig = {}): Promise<Config> {
  const fromFile = path === undefined ? {} : parseToml(await readConfig(path), path)
  return checkConfig(mergeConfig(mergeConfig(DEFAULTS, fromFile, ''), overrides as Tree, ''))
}

async function readConfig(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new RecError('input-missing', `cannot read the configuration ${path}`, {}, { cause })
  }
}

function parseToml(text: string, path: string): Tree {
  try {
    return parse(text)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new RecError('config-invalid', `${path} is not valid TOML: ${reason}`, {}, { cause })
  }
}

function mergeConfig(base: Tree, over: Tree, path: string): Tree {
  const merged: Tree = { ...base }
  for (const [key, value] of Object.entries(over)) {
    if (value === undefined) continue
    const name = path === '' ? key : `${path}.${key}`
    if (!Object.hasOwn(base, key) && !OPEN_TABLES.has(path)) throw unknownKey(name, key, Object.keys(base))
    const current = base[key]
    merged[key] = isTree(current) && isTree(value) ? mergeConfig(current, value, name) : value
  }
  return merged
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function unknownKey(name: string, key: string, known: readonly string[]): RecError {
  const near = closestName(key, known)
  const hint = near === undefined ? `known here: ${known.join(', ')}` : `did you mean "${near}"?`
  return new RecError('config-invalid', `unknown setting "${name}"; ${hint}`)
}

function checkConfig(tree: Tree): Config {
  const result = configSchema.safeParse(tree)
  if (result.success) return result.data
  const [first] = result.error.issues
  const where = first?.path.join('.') ?? ''
  throw new RecError('config-invalid', `setting "${where}": ${first?.message ?? 'not valid'}`, {
    issues: result.error.issues.length,
  })
}
