import type { Manifest } from '#contract/manifest'
import type { Interactions } from '../dataset.ts'
import type { ReadObject } from '../device/resident-model.ts'

/** A release and the log that is asked about, in memory that threads share. */
export type SharedParts = {
  readonly manifest: Manifest
  /** Bytes of every object by hash; all views lie in one shared buffer. */
  readonly objects: ReadonlyMap<string, Uint8Array>
  readonly log: Interactions
  /** What each row of the log is worth as something to find; null for 1 each. */
  readonly gains: Float32Array | null
  readonly itemNos: Uint32Array
}

/** Copies what threads need into shared memory, once. */
export function shareParts(parts: {
  readonly manifest: Manifest
  readonly objects: Iterable<readonly [string, Uint8Array]>
  readonly log: Interactions
  readonly gains?: Float32Array | null
  readonly itemNos: Uint32Array
}): SharedParts {
  const entries = [...parts.objects]
  const shared = new Uint8Array(new SharedArrayBuffer(entries.reduce((sum, [, bytes]) => sum + bytes.length, 0)))
  const objects = new Map<string, Uint8Array>()
  let at = 0
  for (const [hash, bytes] of entries) {
    shared.set(bytes, at)
    objects.set(hash, shared.subarray(at, at + bytes.length))
    at += bytes.length
  }
  const { log, gains = null } = parts
  return {
    manifest: parts.manifest,
    objects,
    itemNos: share(parts.itemNos),
    gains: gains === null ? null : share(gains),
    log: {
      ...log,
      userOffsets: share(log.userOffsets),
      item: share(log.item),
      weight: share(log.weight),
      at: share(log.at),
    },
  }
}

/** Reads objects as decoders want them: bytes of their own, since text decoders refuse shared memory. */
export function readShared({ objects }: SharedParts): ReadObject {
  return (hash) => objects.get(hash)?.slice()
}

function share<A extends Int32Array | Uint32Array | Float32Array | Float64Array>(values: A): A {
  const copy = new (values.constructor as new (buffer: SharedArrayBuffer) => A)(
    new SharedArrayBuffer(values.byteLength),
  ) // the same kind of array
  copy.set(values)
  return copy
}
