import { RecError } from '#contract/errors'
import { isSiteName } from '#contract/limits'
import { DEFAULT_CHANNEL } from '#contract/pointer'
import type { ConsentMode, EngineOptions, GraphChoice, RankerChoice, StorageMode, TierName } from '#contract/rpc'
import { BUILT_FILES } from '#contract/rpc'

/**
 * What a page may say; only `site` and `keys` are required.
 * @public
 */
export type RecommenderOptions = {
  readonly site: string
  /** Public keys of the site, base64url; one or two (a text may hold both, separated by a space or comma). */
  readonly keys: string | readonly string[]
  /** Address of the edge; the page's own origin by default. */
  readonly edge?: string
  /** `stable` by default, as where `pocketshelf publish` puts releases. */
  readonly channel?: string
  /** Where the built files lie; beside the script by default. Bundled applications must say it. */
  readonly assets?: string
  /** The most that visitors are asked for; `off` by default. Nothing is sent before `consent.set`. */
  readonly consent?: ConsentMode
  /** `persistent` by default; with `memory` nothing outlives the page; with `ask` nothing does until the visitor agreed. */
  readonly storage?: StorageMode | 'ask'
  /** `ask` where the visitor agreed to lasting storage: once the history is in use the browser is asked not to evict it. `never` by default. */
  readonly persist?: 'never' | 'ask'
  readonly tier?: TierName | 'auto'
  /** `auto` by default: trees without a runtime where the release has them in that form. */
  readonly ranker?: RankerChoice
  /** `auto` by default: our own kernel where it runs. */
  readonly graphs?: GraphChoice
  /** Milliseconds until a call gives up, 10,000 by default. */
  readonly deadlineMs?: number
  /** `idle` (default) leaves the page alone until it has nothing else to do. */
  readonly start?: 'idle' | 'now'
}

/** The page's surroundings as far as options depend on them. */
export type PageSigns = {
  readonly pageUrl: string
  /** URL of the script that asks; the built files lie beside it. */
  readonly scriptUrl: string
  readonly locale: string
  /** Save-Data, or a connection that is metered or very slow. */
  readonly saveData: boolean
  readonly privacySignal: boolean
  /** 0 unknown, 1 phone, 2 tablet, 3 desktop. */
  readonly device: number
  /** What the visitor answered before; asked for only where the options depend on it. */
  readonly storageAnswer: () => StorageMode | 'ask'
}

/** Options with every default filled in. */
export type Settings = {
  readonly engine: EngineOptions
  readonly workerUrl: string
  readonly deadlineMs: number
  readonly start: 'idle' | 'now'
  readonly persist: 'never' | 'ask'
  /** What is in force at the start; `ask` where the visitor is yet to be asked. */
  readonly storage: StorageMode | 'ask'
  /** Whether the visitor has a say in it. */
  readonly asksStorage: boolean
}

const CHOICES = {
  consent: ['off', 'aggregate', 'first-party'],
  storage: ['memory', 'persistent', 'ask'],
  persist: ['never', 'ask'],
  tier: ['auto', 'saver', 'phone', 'desktop'],
  ranker: ['auto', 'onnx', 'trees'],
  graphs: ['auto', 'hnswlib'],
}

/**
 * Checks the options and fills in what is missing.
 * @throws RecError `config-invalid` whose message names the option as a page writes it.
 */
export function resolveOptions(options: RecommenderOptions, signs: PageSigns): Settings {
  const { site, channel = DEFAULT_CHANNEL, consent = 'off', storage = 'persistent', tier = 'auto' } = options
  const { ranker = 'auto', graphs = 'auto', persist = 'never' } = options
  const keys = splitWords(options.keys)
  check(isSiteName(site), 'site', 'must be lower-case letters, digits and dashes')
  check(isSiteName(channel), 'channel', 'must be lower-case letters, digits and dashes')
  check(keys.length > 0, 'keys', 'must hold the key that `pocketshelf keys` prints')
  const areKeys = keys.length <= 2 && keys.every((key) => /^[\w-]{43}$/.test(key))
  check(areKeys, 'keys', 'must be one or two keys of 43 characters')
  const chosen = { consent, storage, persist, tier, ranker, graphs }
  for (const [option, choices] of Object.entries(CHOICES))
    check(choices.includes(chosen[option as keyof typeof CHOICES]), option, `must be one of ${choices.join(', ')}`) // names come from the table
  const inForce = storage === 'ask' ? signs.storageAnswer() : storage
  const folder = absolute(options.assets || './', options.assets ? signs.pageUrl : signs.scriptUrl, 'assets')
  const assets = new URL('./', folder.endsWith('/') ? folder : `${folder}/`).href
  return {
    engine: {
      edge: absolute(options.edge || '/', signs.pageUrl, 'edge').replace(/\/+$/, ''),
      site,
      channel,
      keys,
      storage: inForce === 'ask' ? 'memory' : inForce,
      consentCeiling: consent,
      privacySignal: signs.privacySignal,
      tier,
      ranker,
      graphs,
      saveData: signs.saveData,
      device: signs.device,
      locale: signs.locale,
      assets,
    },
    workerUrl: assets + BUILT_FILES.worker,
    deadlineMs: options.deadlineMs ?? 10_000,
    start: options.start ?? 'idle',
    persist,
    storage: inForce,
    asksStorage: storage === 'ask',
  }
}

/** Splits a list that is separated by commas or white space; a list passes unchanged. */
export function splitWords(value: string | readonly string[] | null | undefined): string[] {
  return typeof value === 'string' ? value.split(/[\s,]+/).filter(Boolean) : [...(value ?? [])]
}

function check(isFine: boolean, option: string, rule: string): void {
  if (!isFine) throw new RecError('config-invalid', `${option} (data-${option}) ${rule}`)
}

function absolute(url: string, base: string, option: string): string {
  const parsed = URL.canParse(url, base) ? new URL(url, base) : null
  check(parsed !== null && /^https?:$/.test(parsed.protocol), option, 'must be an http(s) address')
  return parsed?.href ?? ''
}
