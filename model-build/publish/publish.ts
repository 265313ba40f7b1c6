import { RecError } from '#contract/errors'
import { CANARY_SHARES, publicationOf, type SignedPointer, type StepName } from '#contract/pointer'
import { type ReleaseFile, readObject } from '../release/release-dir.ts'
import { type SigningKey, signPublication } from '../release/sign.ts'
import type { ChannelChange, EdgeClient, ListedChannel } from './edge-client.ts'

export type PublishOptions = {
  readonly releaseDir: string
  readonly file: ReleaseFile
  readonly channel: string
  /** Signs the steps anew for the publication after the live one; null uses what the build signed, if that is it. */
  readonly key: SigningKey | null
  /** The step to start with; a first release goes to everybody. */
  readonly activate: StepName
  readonly nowMs: () => number
  /** Share of the objects that are there, 0…1. */
  readonly onProgress: (share: number) => void
}

export type Published = ChannelChange & {
  /** Objects sent, of how many. */
  readonly uploaded: number
  readonly objects: number
  readonly uploadedBytes: number
}

/** Uploads under way at a time. */
const CONCURRENCY = 4

/** The step that gives a release to this share of visitors. @throws RecError `bad-request`, naming the shares there are. */
export function stepOfShare(share: number | undefined): StepName {
  if (share === undefined || share === 1) return 'full'
  const found = (Object.entries(CANARY_SHARES) as [StepName, number][]).find(([, value]) => value === share) // the table's keys
  if (found !== undefined) return found[0]
  throw new RecError('bad-request', `--canary must be one of ${Object.values(CANARY_SHARES).join(', ')}`)
}

/**
 * Puts a release on a channel: uploads what the edge lacks, the manifest last, and publishes. Nothing happens when the channel shows it
 * to everybody already. When somebody else publishes meanwhile, it reads the channel again and tries once more.
 * @throws RecError `keys-missing` when the release must be signed again and there is no key; the edge's errors.
 */
export async function publishTo(client: EdgeClient, options: PublishOptions): Promise<Published> {
  const { file } = options
  if (file.site !== client.site)
    throw new RecError('bad-request', `the release is for the site ${file.site}; name it with --site`)
  const sent = await uploadMissing(client, options)
  try {
    return { ...(await announce(client, options)), ...sent }
  } catch (error) {
    if (!(error instanceof RecError) || !['conflict', 'sequence-replayed'].includes(error.code)) throw error
    return { ...(await announce(client, options)), ...sent }
  }
}

type Sent = Pick<Published, 'uploaded' | 'objects' | 'uploadedBytes'>

async function uploadMissing(client: EdgeClient, { releaseDir, file, onProgress }: PublishOptions): Promise<Sent> {
  const missing = await client.missing(file.objects)
  const others = missing.filter((hash) => hash !== file.manifest)
  let done = file.objects.length - missing.length
  let uploadedBytes = 0
  const put = async (hash: string): Promise<void> => {
    const bytes = await readObject(releaseDir, hash)
    await client.putObject(hash, bytes)
    uploadedBytes += bytes.length
    onProgress(++done / file.objects.length)
  }
  const queue = others.values()
  const worker = async (): Promise<void> => {
    for (const hash of queue) await put(hash)
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker))
  if (missing.includes(file.manifest)) await put(file.manifest)
  return { uploaded: missing.length, objects: file.objects.length, uploadedBytes }
}

async function announce(client: EdgeClient, options: PublishOptions): Promise<ChannelChange> {
  const { file, channel } = options
  const live = await client.livePointer(channel)
  const activate = live === null ? 'full' : options.activate
  if (live !== null && isLive(live, file.manifest)) return placeOf(await client.channels(), channel)
  const pointers = await pointersFor(live, options)
  const publication = live === null ? 1 : publicationOf(live.sequence) + 1
  return client.publish({ channel, publication, objects: file.objects, pointers, activate })
}

function isLive(live: SignedPointer, manifest: string): boolean {
  return live.manifest === manifest && live.canary === null
}

function placeOf(channels: readonly ListedChannel[], channel: string): ChannelChange {
  const found = channels.find((entry) => entry.channel === channel)
  if (found === undefined) throw new RecError('release-missing', 'nothing was published on this channel')
  const { steps: _steps, ...place } = found
  return { ...place, status: 'unchanged' }
}

async function pointersFor(
  live: SignedPointer | null,
  { file, channel, key, nowMs }: PublishOptions,
): Promise<Partial<Record<StepName, SignedPointer>>> {
  const publication = live === null ? 1 : publicationOf(live.sequence) + 1
  const previous = live?.manifest ?? null
  const { site, manifest } = file
  if (key !== null) {
    const issuedAt = new Date(nowMs()).toISOString()
    return signPublication({ site, channel, publication, manifest, previous, issuedAt }, key)
  }
  const { full, rollback } = file.pointers
  const fits =
    full !== undefined &&
    full.channel === channel &&
    publicationOf(full.sequence) === publication &&
    (rollback?.manifest ?? null) === previous
  if (!fits)
    throw new RecError('keys-missing', 'the release was not signed for this place; give --keys to sign it now', {
      publication,
    })
  return file.pointers
}
