import type { PartialConfig } from '../config/resolve-config.ts'

/** What a step may say while it works and how it reports where it is. */
export type StepIo = {
  /** Starts a stage on the progress display; call the answer with 0…1. The stage before is finished. */
  readonly stage: (name: string) => (share: number) => void
  /** A sentence for people that does not stop the step. */
  readonly warn: (message: string) => void
  /** For a step that stays: shows its result now; what the step hands back at its end is then not shown. */
  readonly ready: (result: StepResult) => void
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
}

/** What a step hands back: `summary` is printed by `--json`, `lines` are printed without it. */
export type StepResult = {
  readonly summary: Readonly<Record<string, unknown>>
  readonly lines: readonly string[]
  /** 0 unless the step found what a script must notice. */
  readonly exitCode?: number
}

/** The configuration file and the options that override it. */
export type ConfigRequest = { readonly configFile: string | undefined; readonly overrides: PartialConfig }

/** Where input comes from: files by kind, or a directory searched by name (findDataFiles); both may be given, files win. */
export type InputRequest = {
  readonly interactions: readonly string[]
  readonly items: readonly string[]
  readonly dataDir: string | undefined
}

export type BuildRequest = ConfigRequest &
  InputRequest & {
    readonly outDir: string
    /** Directory of `pocketshelf keys new`. */
    readonly keysDir: string | undefined
    /** Writes nothing when the gate finds the release worse than the folder's last one. */
    readonly gate?: boolean
    /** Goes on from the folder's last release where it can. */
    readonly incremental?: boolean
  }

export type UpdateRequest = ConfigRequest & {
  /** Release that is brought up to date, in place. */
  readonly releaseDir: string
  readonly items: readonly string[]
  /** The catalogue holds new and changed items only. */
  readonly isPartial: boolean
  readonly keysDir: string | undefined
}

export type EvaluateRequest = ConfigRequest & {
  readonly train: readonly string[]
  readonly test: readonly string[]
  readonly items: readonly string[]
  readonly mode: 'device' | 'exact'
  /** List lengths, ascending, without repeats. */
  readonly cutoffs: readonly number[]
  readonly rankingsFile: string | undefined
  /** Where each user's NDCG goes. */
  readonly perUserFile: string | undefined
  /** Where the measured release is kept; undefined keeps none. */
  readonly releaseDir: string | undefined
  /** Also measures known methods on the same users. */
  readonly baselines: boolean
  /** Also compares vectors before and after rounding to int8. */
  readonly precision: boolean
}

/** Labelled impressions to learn from and to score, with what is known of users and items. */
export type EvaluateClicksRequest = ConfigRequest & {
  readonly train: readonly string[]
  readonly test: readonly string[]
  readonly users: readonly string[]
  readonly items: readonly string[]
  /** Where a line per test row goes. */
  readonly scoresFile: string | undefined
}

export type JudgeLogRequest = ConfigRequest & {
  readonly log: readonly string[]
  /** A file of the judged policy's showings, or `uniform`. */
  readonly target: string
  readonly clip: number
}

export type ServeRequest = ConfigRequest & { readonly dir: string; readonly host: string; readonly port: number }

export type DevRequest = ConfigRequest &
  InputRequest & { readonly dir: string; readonly host: string; readonly port: number }

/** Where a release is published: a running edge with a token, or the data directory of an edge. */
export type EdgeRequest = {
  readonly edge: string | undefined
  readonly tokenEnv: string
  readonly dir: string | undefined
  readonly channel: string
}

export type PublishRequest = ConfigRequest &
  EdgeRequest & {
    readonly releaseDir: string
    readonly keysDir: string | undefined
    /** Share of visitors who get it first, undefined for everybody. */
    readonly canary: number | undefined
  }

export type RetrainRequest = ConfigRequest &
  EdgeRequest &
  InputRequest & { readonly outDir: string; readonly keysDir: string | undefined; readonly dryRun: boolean }

export type RunsRequest = { readonly outDir: string }

export type CompareRunsRequest = RunsRequest & { readonly a: string; readonly b: string }

export type ReproduceRequest = RunsRequest & { readonly id: string }

export type EraseRequest = ConfigRequest &
  InputRequest & {
    readonly user: string
    /** Folder of releases whose register then knows that they hold more than the data. */
    readonly outDir: string | undefined
  }

export type MoveRequest = ConfigRequest &
  EdgeRequest & { /** For the audit log. */ readonly reason?: string | undefined }

export type PromoteRequest = MoveRequest & { /** undefined for everybody. */ readonly canary: number | undefined }

export type ChannelRequest = ConfigRequest & EdgeRequest

export type ImportRequest = {
  readonly source: 'gorse' | 'metarank' | 'algolia' | 'recombee' | 'personalize'
  /** Paths and patterns. */
  readonly files: readonly string[]
  readonly outDir: string
  readonly format: 'csv' | 'parquet'
  /** The caller's names for events, lower case -> ours. */
  readonly events: Readonly<Record<string, string>>
  /** Whether shown lists become rows too. */
  readonly impressions: boolean
}

export type TryRequest = ConfigRequest & {
  /** A path or an address. */
  readonly source: string
  readonly dir: string
  readonly host: string
  readonly port: number
  /** Pages of a sitemap that are fetched at most. */
  readonly maxPages: number
}

export type AuditRequest = {
  readonly url: string
  readonly browser: string | undefined
  readonly waitMs: number
  readonly clicks: number
  readonly gpc: boolean
}

export type BackupRequest = ConfigRequest & EdgeRequest & { /** Directory of the backup. */ readonly backupDir: string }

export type PreviewRequest = ConfigRequest & {
  /** Release folders: one, or two to compare. */
  readonly releases: readonly string[]
  readonly host: string
  readonly port: number
}
