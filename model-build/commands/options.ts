import { type Command, InvalidArgumentError, Option } from 'commander'
import { DEFAULT_CHANNEL } from '#contract/pointer'
import type { PartialConfig } from '../config/resolve-config.ts'
import type { EdgeRequest } from './requests.ts'

/** Flags that change the configuration; see configOverrides. */
export type ConfigFlags = {
  readonly config?: string
  readonly site?: string
  readonly seed?: number
  readonly layout?: 'auto' | 'generic' | 'movielens' | 'goodbooks'
  readonly order?: 'use' | 'ignore'
  readonly minSupport?: number
  readonly fold?: number
  readonly ranker?: string
  readonly retentionDays?: number
  readonly tune?: boolean
}

/** Adds `--config`, `--site`, `--seed` and `--json`. */
export function withCommon(command: Command): Command {
  return command
    .option('--config <file>', 'pocketshelf.toml with settings; options win over it')
    .option('--site <name>', 'site that the release is for')
    .option('--seed <n>', 'every random choice derives from it', wholeNumber)
    .option('--json', 'print one JSON object to standard output and nothing else there')
}

/** Adds the options of input files. */
export function withInput(command: Command): Command {
  return withReading(
    command
      .option('--interactions <files...>', 'logs (CSV, JSONL, Parquet; patterns), oldest first')
      .option('--items <files...>', 'catalogues (CSV, JSONL, Parquet; patterns) and vectors of items (Parquet)')
      .option('--data <dir>', 'take both from a directory, by their usual names'),
  )
}

/** Adds the options of how input is read. */
export function withReading(command: Command): Command {
  return command
    .addOption(
      new Option('--layout <name>', 'how columns are named').choices(['auto', 'generic', 'movielens', 'goodbooks']),
    )
    .addOption(new Option('--order <what>', 'whether the order of rows means anything').choices(['use', 'ignore']))
    .option('--min-support <n>', 'people that must stand behind a pair of items', positiveNumber)
}

/** What `--tune` does, for the commands that fit. */
export const TUNE_HELP =
  'search more hyper-parameters (dimensions, iALS, voters, trees) and take what wins on fresh users; two to three times the time'

/** Adds the options of an edge to publish to. */
export function withEdge(command: Command): Command {
  return command
    .option('--edge <url>', 'a running edge')
    .option('--token-env <name>', 'environment variable that holds its token', 'POCKETSHELF_TOKEN')
    .option('--dir <dir>', 'data directory of an edge on this machine, instead of --edge')
    .option('--channel <name>', 'channel', DEFAULT_CHANNEL)
}

export type EdgeFlags = {
  readonly edge?: string
  readonly tokenEnv: string
  readonly dir?: string
  readonly channel: string
}

/** The edge options as a request. */
export function edgeRequest(flags: EdgeFlags): EdgeRequest {
  return { edge: flags.edge, tokenEnv: flags.tokenEnv, dir: flags.dir, channel: flags.channel }
}

export type InputFlags = { readonly interactions?: string[]; readonly items?: string[]; readonly data?: string }

/** The input options as a request. */
export function inputRequest(flags: InputFlags): {
  interactions: string[]
  items: string[]
  dataDir: string | undefined
} {
  return { interactions: flags.interactions ?? [], items: flags.items ?? [], dataDir: flags.data }
}

/** The configuration file and what options change in it. */
export function configRequest(flags: ConfigFlags): { configFile: string | undefined; overrides: PartialConfig } {
  const overrides: PartialConfig = {
    ...(flags.seed === undefined ? {} : { seed: flags.seed }),
    ...(flags.site === undefined ? {} : { site: { name: flags.site } }),
    input: {
      ...(flags.layout === undefined ? {} : { layout: flags.layout }),
      ...(flags.order === undefined ? {} : { order: flags.order }),
      ...(flags.retentionDays === undefined ? {} : { retentionDays: flags.retentionDays }),
    },
    ...(flags.ranker === undefined ? {} : { ranker: { onnx: flags.ranker } }),
    ...(flags.minSupport === undefined ? {} : { release: { minSupport: flags.minSupport } }),
    ...(flags.fold === undefined ? {} : { split: { fold: flags.fold } }),
    ...(flags.tune === true ? { tuning: { enabled: true } } : {}),
  }
  return { configFile: flags.config, overrides }
}

/** Parses 0, 1, 2, … */
export function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}

/** Parses 1, 2, 3, … */
export function positiveNumber(text: string): number {
  const value = wholeNumber(text)
  if (value === 0) throw new InvalidArgumentError('It must be at least 1.')
  return value
}

/** Parses a port, 0…65535. */
export function portNumber(text: string): number {
  const value = wholeNumber(text)
  if (value > 65_535) throw new InvalidArgumentError('It must be a port, 0 to 65535.')
  return value
}

/** Parses a share above 0 and at most 1. */
export function share(text: string): number {
  const value = Number(text)
  if (!(value > 0 && value <= 1)) throw new InvalidArgumentError('It must be a share above 0 and at most 1.')
  return value
}

/** Parses list lengths such as `10,20` into ascending numbers without repeats. */
export function cutoffs(text: string): number[] {
  const values = text.split(',').map((part) => positiveNumber(part.trim()))
  return [...new Set(values)].sort((a, b) => a - b)
}
