import { KnownStats } from '../core/known-stats.ts'
import type { BlobStat, BlobStore, Clock, Encoding, Slice } from '../core/ports.ts'
import { compressOnce } from '../node/compress.ts'
import { verifiedBody } from '../node/verified-body.ts'
import type { Bindings } from './bindings.ts'
import { objectKeys } from './object-keys.ts'

const KNOWN_STATS = 20_000

/**
 * Objects in R2, `<site>/<hash>[.br|.gz]`; the identity object comes last and carries the sizes of the others. The site's durable object knows
 * which are whole and when they were last wanted, so that collecting cannot race a publisher. An upload is held in memory to be hashed
 * and compressed: at most `maxBytes`, which must stay well below the 128 MB of an isolate.
 */
export class R2Blobs implements BlobStore {
  readonly #bucket: R2Bucket
  readonly #sites: Bindings['SITE']
  readonly #clock: Clock
  readonly #stats = new KnownStats(KNOWN_STATS)

  constructor(bucket: R2Bucket, sites: Bindings['SITE'], clock: Clock) {
    this.#bucket = bucket
    this.#sites = sites
    this.#clock = clock
  }

  async stat(site: string, hash: string): Promise<BlobStat | undefined> {
    const key = objectKeys(site, hash).identity
    const known = this.#stats.get(key)
    if (known !== undefined) return known
    const head = await this.#bucket.head(key)
    if (head === null) return undefined
    const { br, gzip } = head.customMetadata ?? {}
    const sizeOf = (size: string | undefined) => (size === undefined ? undefined : Number(size))
    return this.#stats.remember(key, head.size, sizeOf(br), sizeOf(gzip))
  }

  async read(
    site: string,
    hash: string,
    encoding: Encoding,
    slice?: Slice,
  ): Promise<ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | undefined> {
    const keys = objectKeys(site, hash)
    const range = slice === undefined ? {} : { range: { offset: slice.start, length: slice.length } }
    const object = await this.#bucket.get(keys[encoding], range)
    if (object === null) {
      this.#stats.forget(keys.identity)
      return undefined
    }
    return object.body
  }

  async put(
    site: string,
    hash: string,
    body: ReadableStream<Uint8Array>,
    maxBytes: number,
  ): Promise<'stored' | 'present'> {
    const bytes = await collect(verifiedBody(body, hash, maxBytes))
    const object = this.#sites.get(this.#sites.idFromName(site))
    if ((await object.touch([hash], this.#clock.now())).length === 0) return 'present'
    const keys = objectKeys(site, hash)
    const { br, gzip } = await compressOnce(bytes)
    // Never replaced: the same name means the same bytes, and a copy from before may be on its way to somebody.
    const onlyIf = { etagDoesNotMatch: '*' }
    if (br !== undefined) await this.#bucket.put(keys.br, br, { onlyIf })
    if (gzip !== undefined) await this.#bucket.put(keys.gzip, gzip, { onlyIf })
    const customMetadata = {
      ...(br === undefined ? {} : { br: String(br.length) }),
      ...(gzip === undefined ? {} : { gzip: String(gzip.length) }),
    }
    await this.#bucket.put(keys.identity, bytes, { onlyIf, sha256: hash, customMetadata })
    return (await object.register(hash, this.#clock.now())) ? 'stored' : 'present'
  }

  async missing(site: string, hashes: readonly string[]): Promise<readonly string[]> {
    return this.#sites.get(this.#sites.idFromName(site)).touch(hashes, this.#clock.now())
  }

  async list(site: string): Promise<readonly { readonly hash: string; readonly touchedAt: number }[]> {
    return this.#sites.get(this.#sites.idFromName(site)).objects()
  }

  async remove(site: string, hash: string, untouchedSince: number): Promise<boolean> {
    const isGone = await this.#sites.get(this.#sites.idFromName(site)).remove(site, hash, untouchedSince)
    if (isGone) this.#stats.forget(objectKeys(site, hash).identity)
    return isGone
  }
}

/** The chunks in one piece. */
async function collect(body: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array<ArrayBuffer>[] = []
  for await (const chunk of body) chunks.push(new Uint8Array(chunk))
  return new Uint8Array(await new Blob(chunks).arrayBuffer())
}
