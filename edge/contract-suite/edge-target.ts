import type { SiteInput } from '../core/sites.ts'

/** What a test may ask of an edge before it starts. */
export type TargetOptions = {
  readonly sites: readonly SiteInput[]
  /** See `EdgeDeps.gcGraceMs`; a day when absent. */
  readonly gcGraceMs?: number
  /** CIDRs whose X-Forwarded-For is believed, where the host does not know addresses itself. */
  readonly trustedProxies?: readonly string[]
}

/** A running edge that tests talk to over HTTP alone. */
export type RunningEdge = {
  /** Without a trailing slash. */
  readonly url: string
  /** Stops and starts it again on the same data, with other options where given; returns the new one. */
  restart(changed?: Partial<TargetOptions>): Promise<RunningEdge>
  close(): Promise<void>
}

/** A place the edge runs in; the contract suite is the same for all. */
export type EdgeTarget = { readonly name: string; start(options: TargetOptions): Promise<RunningEdge> }
