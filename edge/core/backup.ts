import { RecError } from '#contract/errors'
import type { SignedPointer, StepName } from '#contract/pointer'
import { checkPlace, newManifest, type Pointers, type PublicationState, signedSteps } from './channel.ts'
import { EDGE_LIMITS } from './edge-limits.ts'
import type { AuditEntry, EdgeDeps, StateChange } from './ports.ts'
import {
  channelKey,
  keptPublications,
  type Publication,
  parseChannel,
  parseStoredPublication,
  pointerKey,
  publicationKey,
} from './releases.ts'
import { verifyPointer } from './signatures.ts'
import type { Site } from './sites.ts'

/** A publication with the time it was taken; `activate` is the step its channel stood at. */
export type SavedPublication = Publication & { readonly at: string }

/** What a site needs to go on elsewhere, besides the objects that its publications name. */
export type SiteBackup = {
  readonly v: 1
  /** Of each channel those that are live or that a rollback may bring back, oldest first. */
  readonly publications: readonly SavedPublication[]
  /** For the records; a restored edge begins a log of its own. */
  readonly audit: readonly AuditEntry[]
}

type BackupDeps = Pick<EdgeDeps, 'state' | 'blobs' | 'clock' | 'metrics'>

/** Saves a site's channels; its objects are read as everybody reads them. */
export async function saveSite({ state }: BackupDeps, site: string): Promise<SiteBackup> {
  const stored = (await state.list(site, 'publication/')).map(parseStoredPublication)
  const publications: SavedPublication[] = []
  for (const { channel, publication, objects, pointers, at } of keptPublications(stored)) {
    const current = parseChannel(await state.get(site, channelKey(channel)))
    const activate = current?.publication === publication ? current.live : lastBeforeRollback(pointers)
    publications.push({ channel, publication, objects, pointers, activate, at })
  }
  const audit: AuditEntry[] = []
  for (let after = 0; ; ) {
    const page = await state.audit(site, after, EDGE_LIMITS.auditRows)
    audit.push(...page)
    if (page.length < EDGE_LIMITS.auditRows) return { v: 1, publications, audit }
    after = page.at(-1)?.position ?? after
  }
}

/**
 * Puts saved publications into a site without any: every signature is verified and every object must be there, then all becomes visible at once.
 * @returns How many channels and publications the site has now.
 * @throws RecError `signature-invalid`, `pointer-malformed`, `bad-request`, `object-missing`, `conflict` when the site has a channel already.
 */
export async function restoreSite(
  deps: BackupDeps,
  site: Site,
  { publications, by }: { readonly publications: readonly SavedPublication[]; readonly by: string },
): Promise<{ readonly channels: number; readonly publications: number }> {
  const newest = new Map<string, SavedPublication>()
  for (const saved of publications) {
    await verifyAll(site, saved)
    if (saved.publication > (newest.get(saved.channel)?.publication ?? 0)) newest.set(saved.channel, saved)
  }
  const missing = await deps.blobs.missing(site.name, [...new Set(publications.flatMap(({ objects }) => objects))])
  if (missing.length > 0)
    throw new RecError('object-missing', 'objects of the backup were not uploaded', { missing: missing.length })
  const changes = [...publications.map(publicationChange), ...[...newest.values()].flatMap(channelChanges)]
  const audit = {
    at: new Date(deps.clock.now()).toISOString(),
    action: 'restored',
    fields: { by, channels: newest.size, publications: publications.length },
  }
  if (!(await deps.state.commit(site.name, changes, audit)))
    throw new RecError('conflict', 'the site has channels already; a backup is restored into a site without any')
  for (const saved of newest.values()) deps.metrics.live(site.name, saved.channel, liveOf(saved).sequence)
  return { channels: newest.size, publications: publications.length }
}

async function verifyAll(site: Site, { channel, publication, pointers, objects }: SavedPublication): Promise<void> {
  for (const step of signedSteps(pointers)) {
    const pointer = pointers[step]
    if (pointer === undefined) continue
    checkPlace(pointer, { site: site.name, channel, publication, step })
    await verifyPointer(pointer, site.keys)
  }
  if (!objects.includes(newManifest(pointers)))
    throw new RecError('bad-request', 'objects: the manifest of a publication is not among them')
}

function publicationChange({ channel, publication, objects, pointers, at }: SavedPublication): StateChange {
  const stored: PublicationState = {
    v: 1,
    publication,
    channel,
    at,
    manifest: newManifest(pointers),
    pointers,
    objects,
  }
  return { key: publicationKey(channel, publication), expected: 0, value: JSON.stringify(stored) }
}

function channelChanges(saved: SavedPublication): readonly StateChange[] {
  const { channel, publication, activate } = saved
  const live = liveOf(saved)
  const state = { v: 1, publication, live: activate, sequence: live.sequence }
  return [
    { key: channelKey(channel), expected: 0, value: JSON.stringify(state) },
    { key: pointerKey(channel), expected: 0, value: JSON.stringify(live) },
  ]
}

function liveOf({ pointers, activate }: SavedPublication): SignedPointer {
  const live = pointers[activate]
  if (live === undefined) throw new RecError('bad-request', `activate: the step ${activate} is not among the pointers`)
  return live
}

/** A step of a publication that others have followed; which one does not matter any more. */
function lastBeforeRollback(pointers: Pointers): StepName {
  return signedSteps(pointers).findLast((step) => step !== 'rollback') ?? 'full'
}
