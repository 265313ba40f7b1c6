import { encodePlan, type Plan, parsePlan } from '#contract/feedback/plan'
import { PLAN_TAG_BYTES } from '#contract/feedback/report'
import { LIMITS } from '#contract/limits'
import { sha256Hex } from './base64url.ts'
import type { EdgeDeps } from './ports.ts'

export type KnownPlan = { readonly plan: Plan; readonly hash: string }

type PlanDeps = Pick<EdgeDeps, 'state' | 'blobs' | 'clock'>

type SitePlans = { readonly plans: Map<string, KnownPlan>; readonly seen: Set<string>; lookedAt: number }

/** A site whose reports name an unknown plan is looked at no more often than this. */
const LOOK_SECONDS = 10

const MOST_PLANS = 64

/** The plans of a site's live releases, found in their manifests; those of releases before stay known while the process lives. */
export class PlanIndex {
  readonly #deps: PlanDeps
  readonly #sites = new Map<string, SitePlans>()

  constructor(deps: PlanDeps) {
    this.#deps = deps
  }

  /** The plan whose hash begins with `tag`. */
  async find(site: string, tag: string): Promise<KnownPlan | undefined> {
    const known = this.#sites.get(site)
    const found = known?.plans.get(tag)
    if (found !== undefined) return found
    const now = this.#deps.clock.seconds()
    if (known !== undefined && now - known.lookedAt < LOOK_SECONDS) return undefined
    if (known === undefined && (await this.#deps.state.peek(site, 'site')) === undefined) return undefined
    return (await this.#look(site, now)).plans.get(tag)
  }

  async #look(site: string, now: number): Promise<SitePlans> {
    const known = this.#sites.get(site) ?? { plans: new Map(), seen: new Set(), lookedAt: now }
    known.lookedAt = now
    this.#sites.set(site, known)
    for (const entry of await this.#deps.state.list(site, 'pointer/')) {
      const pointer = JSON.parse(entry.value) as { manifest: string; canary: { manifest: string } | null } // a SignedPointer, stored by releases.ts alone
      for (const manifest of [pointer.manifest, pointer.canary?.manifest]) {
        if (manifest === undefined || known.seen.has(manifest)) continue
        const plan = await this.#planOf(site, manifest)
        known.seen.add(manifest)
        if (plan === null || known.plans.size >= MOST_PLANS) continue
        const hash = await sha256Hex(encodePlan(plan))
        known.plans.set(hash.slice(0, 2 * PLAN_TAG_BYTES), { plan, hash })
      }
    }
    return known
  }

  /** null for a manifest that asks nothing, or asks it in a way that no device would answer. */
  async #planOf(site: string, manifest: string): Promise<Plan | null> {
    const content = await this.#deps.blobs.read(site, manifest, 'identity')
    if (content === undefined) return null
    const bytes = await new Response(content).arrayBuffer()
    if (bytes.byteLength > LIMITS.manifestBytes) return null
    try {
      const { feedback } = JSON.parse(new TextDecoder().decode(bytes)) as { feedback?: { plan?: unknown } | null } // parsePlan checks what is used
      return parsePlan(feedback?.plan)
    } catch {
      return null
    }
  }
}
