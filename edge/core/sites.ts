import * as z from 'zod'
import { RecError } from '#contract/errors'
import { isHash, isSiteName } from '#contract/limits'
import { fromBase64url } from './base64url.ts'
import { DEFAULT_RATES } from './edge-limits.ts'
import type { AuditEntry, Clock, StateEntry, StateStore } from './ports.ts'

export const SCOPES = ['publish', 'read'] as const

/** `publish` writes objects and moves channels; `read` reads reports: events and sums. */
export type Scope = (typeof SCOPES)[number]

const tokenSchema = z.strictObject({
  /** Shown in the audit log. */
  name: z.string().regex(/^[\w.-]{1,64}$/),
  /** SHA-256 of the token, lower-case hex; tokens are random, so that a plain hash is enough. */
  hash: z.string().refine(isHash, 'not a SHA-256 in lower-case hex'),
  scopes: z.array(z.enum(SCOPES)).min(1),
})

const siteSchema = z.strictObject({
  name: z.string().refine(isSiteName, 'not a site name'),
  /** Ed25519 public keys, raw 32 bytes in base64url. */
  keys: z
    .array(
      z.string().refine((key) => key.length === 43 && fromBase64url(key)?.length === 32, 'not 32 bytes of base64url'),
    )
    .max(4),
  tokens: z.array(tokenSchema).max(32),
  rates: z
    .strictObject({
      clientPerSecond: z.number().positive().default(DEFAULT_RATES.clientPerSecond),
      clientBurst: z.number().positive().default(DEFAULT_RATES.clientBurst),
      sitePerSecond: z.number().positive().default(DEFAULT_RATES.sitePerSecond),
      siteBurst: z.number().positive().default(DEFAULT_RATES.siteBurst),
    })
    .prefault({}),
})

/** A tenant: what it may publish with, who may, how fast its visitors may report. */
export type Site = z.output<typeof siteSchema>

export type SiteInput = z.input<typeof siteSchema>

/** Key of a site's own entry in its state. */
export const SITE_KEY = 'site'

/** @throws RecError `config-invalid`, naming the entry. */
export function parseSites(value: unknown): readonly Site[] {
  const parsed = z.array(siteSchema).max(10_000).safeParse(value)
  if (!parsed.success) throw new RecError('config-invalid', `sites: ${describeIssues(parsed.error)}`)
  const names = new Set(parsed.data.map((site) => site.name))
  if (names.size !== parsed.data.length) throw new RecError('config-invalid', 'sites: a name repeats')
  return parsed.data
}

/** Where and why a value was refused, without the value. */
export function describeIssues(error: z.ZodError): string {
  return error.issues
    .slice(0, 5)
    .map(
      (issue) =>
        `${issue.path.map(String).join('.') || 'body'}: ${issue.code === 'custom' ? issue.message : issue.code.replaceAll('_', ' ')}`,
    )
    .join('; ')
}

/** Registers a site or changes its entry; a site that is the same stays untouched. */
export async function storeSite(state: StateStore, clock: Clock, site: Site): Promise<void> {
  const value = JSON.stringify(site)
  const known = await state.get(site.name, SITE_KEY)
  if (known?.value === value) return
  const audit = siteAudit(site, clock, known !== undefined)
  if (!(await state.commit(site.name, [{ key: SITE_KEY, expected: known?.version ?? 0, value }], audit))) {
    throw new RecError('conflict', 'the site was changed at the same time')
  }
}

/** The audit log's line about a site that is new or changed. */
export function siteAudit(site: Site, clock: Clock, isKnown: boolean): AuditEntry {
  return {
    at: new Date(clock.now()).toISOString(),
    action: isKnown ? 'site-changed' : 'site-registered',
    fields: { keys: site.keys.length, tokens: site.tokens.length },
  }
}

/** Looks sites up; a parsed entry is kept as long as the store hands out the same value. */
export function createSites(state: StateStore): (name: string) => Promise<Site> {
  const parsed = new WeakMap<StateEntry, Site>()
  return async (name) => {
    const entry = await state.peek(name, SITE_KEY)
    if (entry === undefined) throw new RecError('not-found', 'there is no such site')
    let site = parsed.get(entry)
    if (site === undefined) {
      site = siteSchema.parse(JSON.parse(entry.value))
      parsed.set(entry, site)
    }
    return site
  }
}
