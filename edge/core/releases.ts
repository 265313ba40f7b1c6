import { RecError } from '#contract/errors'
import type { SignedPointer, StepName } from '#contract/pointer'
import {
  type ChannelState,
  checkFollows,
  checkPlace,
  moveTo,
  newManifest,
  type Pointers,
  type PublicationState,
  signedSteps,
} from './channel.ts'
import { EDGE_LIMITS } from './edge-limits.ts'
import type { AuditEntry, EdgeDeps, StateEntry } from './ports.ts'
import { verifyPointer } from './signatures.ts'
import type { Site } from './sites.ts'

type ReleaseDeps = Pick<EdgeDeps, 'state' | 'blobs' | 'clock' | 'metrics' | 'log'>

/** What a publisher sends, with its pointers parsed. */
export type Publication = {
  readonly channel: string
  readonly publication: number
  readonly objects: readonly string[]
  readonly pointers: Pointers
  readonly activate: StepName
}

/** Where a channel stands after a change. */
export type ChannelAnswer = ChannelState & { readonly channel: string; readonly status: 'changed' | 'unchanged' }

/** Key of the document that visitors read. */
export const pointerKey = (channel: string): string => `pointer/${channel}`
/** Key of where a channel stands. */
export const channelKey = (channel: string): string => `channel/${channel}`
/** Key of a publication; in the order of their numbers. */
export const publicationKey = (channel: string, publication: number): string =>
  `publication/${channel}/${String(publication).padStart(12, '0')}`

/** What `channelKey` holds. */
export const parseChannel = (entry: StateEntry | undefined): ChannelState | undefined =>
  entry === undefined ? undefined : (JSON.parse(entry.value) as ChannelState) // written by this file alone

/** What `publicationKey` holds. */
export const parseStoredPublication = (entry: StateEntry): PublicationState =>
  JSON.parse(entry.value) as PublicationState // written by this file alone

/** The release state machine over the ports: every change is one compare-and-swap with its line in the audit log. */
export class Releases {
  readonly #deps: ReleaseDeps

  constructor(deps: ReleaseDeps) {
    this.#deps = deps
  }

  /**
   * Takes a publication: signatures, objects and order are checked, then all becomes visible at once.
   * Sending the same publication again is answered as before, so that a publisher that died may simply repeat itself.
   * @throws RecError `signature-invalid`, `pointer-malformed`, `bad-request`, `object-missing`, `sequence-replayed`, `conflict`
   */
  async publish(site: Site, request: Publication, by: string): Promise<ChannelAnswer> {
    const { channel, publication, pointers, activate } = request
    for (const step of signedSteps(pointers)) {
      const pointer = pointers[step]
      if (pointer === undefined) continue
      checkPlace(pointer, { site: site.name, channel, publication, step })
      await verifyPointer(pointer, site.keys)
    }
    const live = pointers[activate]
    if (live === undefined)
      throw new RecError('bad-request', `activate: the step ${activate} is not among the pointers`)
    const repeated = await this.#repeated(site.name, request)
    if (repeated !== undefined) return repeated
    const manifest = newManifest(pointers)
    await this.#requireObjects(site.name, request, manifest)
    const at = this.#now()
    const next: ChannelState = { v: 1, publication, live: activate, sequence: live.sequence }
    const stored: PublicationState = { v: 1, publication, channel, at, manifest, pointers, objects: request.objects }
    const audit = {
      at,
      action: 'published',
      fields: { by, channel, publication, step: activate, sequence: live.sequence, objects: stored.objects.length },
    }
    for (let tries = 0; tries < EDGE_LIMITS.commitTries; tries++) {
      const entry = await this.#deps.state.get(site.name, channelKey(channel))
      checkFollows(parseChannel(entry), publication)
      const extra = { key: publicationKey(channel, publication), expected: 0, value: JSON.stringify(stored) }
      if (await this.#commit(site.name, channel, { entry, next, live, audit, extra }))
        return { ...next, channel, status: 'changed' }
    }
    throw contended()
  }

  /**
   * Promotes, widens or ends a canary, or rolls back: moves to a higher step of the current publication.
   * @param move - `publication`, when given, is the one the caller means; another one being current is a `conflict`. `reason` goes to the audit log.
   * @throws RecError `release-missing`, `sequence-replayed`, `bad-request`, `conflict`
   */
  async step(
    site: string,
    channel: string,
    move: { step: StepName; publication?: number | undefined; reason?: string | undefined; by: string },
  ): Promise<ChannelAnswer> {
    const { step, by, reason } = move
    for (let tries = 0; tries < EDGE_LIMITS.commitTries; tries++) {
      const entry = await this.#deps.state.get(site, channelKey(channel))
      const current = parseChannel(entry)
      if (current === undefined) throw new RecError('release-missing', 'nothing was published on this channel')
      if (move.publication !== undefined && move.publication !== current.publication) {
        throw new RecError('conflict', 'another publication is current', { publication: current.publication })
      }
      const { pointers } = await this.#publication(site, channel, current.publication)
      const next = moveTo(current, pointers, step)
      const live = pointers[step]
      if (next === current || live === undefined) return { ...current, channel, status: 'unchanged' }
      const { publication, sequence } = next
      const fields = { by, channel, publication, from: current.live, step, sequence }
      const audit = { at: this.#now(), action: 'moved', fields: reason === undefined ? fields : { ...fields, reason } }
      if (await this.#commit(site, channel, { entry, next, live, audit }))
        return { ...next, channel, status: 'changed' }
    }
    throw contended()
  }

  /** Every channel of a site with the steps it may still move to. */
  async channels(site: string): Promise<readonly (ChannelState & { channel: string; steps: readonly StepName[] })[]> {
    const entries = await this.#deps.state.list(site, 'channel/')
    return Promise.all(
      entries.map(async (entry) => {
        const channel = entry.key.slice('channel/'.length)
        const state = JSON.parse(entry.value) as ChannelState // written by this file alone
        const { pointers } = await this.#publication(site, channel, state.publication)
        return { channel, ...state, steps: signedSteps(pointers) }
      }),
    )
  }

  /** Every publication of a site, newest first, with counts instead of lists. */
  async releases(
    site: string,
  ): Promise<
    readonly (Omit<PublicationState, 'objects' | 'pointers'> & { objects: number; steps: readonly StepName[] })[]
  > {
    const entries = await this.#deps.state.list(site, 'publication/')
    return entries
      .map((entry) => {
        const { objects, pointers, ...rest } = parseStoredPublication(entry)
        return { ...rest, objects: objects.length, steps: signedSteps(pointers) }
      })
      .sort((a, b) => b.at.localeCompare(a.at) || b.publication - a.publication)
  }

  /**
   * Deletes objects that no live and none of the last releases of any channel needs, and that nobody uploaded or asked for lately.
   * @param graceMs - An object touched within this time is kept: it may belong to a publication that is on its way.
   */
  async collect(
    site: string,
    by: string,
    graceMs: number,
  ): Promise<{ readonly removed: number; readonly kept: number }> {
    const { blobs, clock, state } = this.#deps
    const needed = await this.#needed(site)
    const before = clock.now() - graceMs
    const candidates = (await blobs.list(site)).filter(
      ({ hash, touchedAt }) => !needed.has(hash) && touchedAt <= before,
    )
    // Whatever was published since is either in this second look or was touched and so escapes `remove`.
    const stillNeeded = await this.#needed(site)
    let removed = 0
    for (const { hash } of candidates) if (!stillNeeded.has(hash) && (await blobs.remove(site, hash, before))) removed++
    await state.commit(site, [], {
      at: this.#now(),
      action: 'collected',
      fields: { by, removed, needed: stillNeeded.size },
    })
    return { removed, kept: stillNeeded.size }
  }

  async #needed(site: string): Promise<ReadonlySet<string>> {
    const publications = (await this.#deps.state.list(site, 'publication/')).map(parseStoredPublication)
    const needed = new Set(recentManifests(publications))
    for (const { objects } of keptPublications(publications)) for (const hash of objects) needed.add(hash)
    return needed
  }

  async #requireObjects(site: string, request: Publication, manifest: string): Promise<void> {
    const manifests = signedSteps(request.pointers).flatMap((step) => manifestsOf(request.pointers[step]))
    if (!request.objects.includes(manifest))
      throw new RecError('bad-request', 'objects: the new manifest is not among them')
    const missing = await this.#deps.blobs.missing(site, [...new Set([...request.objects, ...manifests])])
    if (missing.length > 0)
      throw new RecError('object-missing', 'objects of the publication were not uploaded', { missing: missing.length })
  }

  async #repeated(site: string, request: Publication): Promise<ChannelAnswer | undefined> {
    const { channel, publication, pointers } = request
    const entry = await this.#deps.state.get(site, publicationKey(channel, publication))
    if (entry === undefined) return undefined
    const known = parseStoredPublication(entry)
    const steps = signedSteps(pointers)
    const isSame =
      steps.join() === signedSteps(known.pointers).join() &&
      steps.every((step) => pointers[step]?.signature === known.pointers[step]?.signature) &&
      [...known.objects].sort().join() === [...request.objects].sort().join()
    const current = parseChannel(await this.#deps.state.get(site, channelKey(channel)))
    return isSame && current?.publication === publication ? { ...current, channel, status: 'unchanged' } : undefined
  }

  async #publication(site: string, channel: string, publication: number): Promise<PublicationState> {
    const entry = await this.#deps.state.get(site, publicationKey(channel, publication))
    if (entry === undefined) throw new RecError('release-missing', 'the publication is not there')
    return parseStoredPublication(entry)
  }

  async #commit(
    site: string,
    channel: string,
    change: {
      entry: StateEntry | undefined
      next: ChannelState
      live: SignedPointer
      audit: AuditEntry
      extra?: { key: string; expected: number; value: string }
    },
  ): Promise<boolean> {
    const pointer = await this.#deps.state.get(site, pointerKey(channel))
    const changes = [
      { key: channelKey(channel), expected: change.entry?.version ?? 0, value: JSON.stringify(change.next) },
      { key: pointerKey(channel), expected: pointer?.version ?? 0, value: JSON.stringify(change.live) },
      ...(change.extra === undefined ? [] : [change.extra]),
    ]
    const isDone = await this.#deps.state.commit(site, changes, change.audit)
    if (isDone) {
      this.#deps.metrics.live(site, channel, change.next.sequence)
      this.#deps.log('channel-moved', { site, channel, publication: change.next.publication, step: change.next.live })
    }
    return isDone
  }

  #now(): string {
    return new Date(this.#deps.clock.now()).toISOString()
  }
}

/** Those that any live or one of the last releases of a channel needs, its rollback included. */
export function keptPublications(publications: readonly PublicationState[]): readonly PublicationState[] {
  const manifests = recentManifests(publications)
  return publications.filter(({ manifest }) => manifests.has(manifest))
}

function recentManifests(publications: readonly PublicationState[]): ReadonlySet<string> {
  const newest = new Map<string, number>()
  for (const { channel, publication } of publications)
    newest.set(channel, Math.max(newest.get(channel) ?? 0, publication))
  const recent = publications.filter((p) => p.publication > (newest.get(p.channel) ?? 0) - EDGE_LIMITS.keptReleases)
  return new Set(recent.flatMap(({ pointers }) => signedSteps(pointers).flatMap((step) => manifestsOf(pointers[step]))))
}

function manifestsOf(pointer: SignedPointer | undefined): readonly string[] {
  if (pointer === undefined) return []
  return pointer.canary === null ? [pointer.manifest] : [pointer.manifest, pointer.canary.manifest]
}

function contended(): RecError {
  return new RecError('conflict', 'the channel kept changing; read it and try again')
}
