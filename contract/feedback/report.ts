import type { Seed } from './seeds.ts'

/** Size of a report, all that a request of a device says. */
export const REPORT_BYTES = 32

/** Bytes of the plan's hash that a report names it by. */
export const PLAN_TAG_BYTES = 8

/** A report in words. */
export type Report = {
  /** First 16 digits of the plan's SHA-256, lower-case hex. */
  readonly planTag: string
  readonly qid: number
  readonly seed: Seed
}

/**
 * Report, version 1, big-endian; nothing else leaves a device in aggregate mode.
 *
 * | offset | bytes | type | field                         |
 * | ------ | ----- | ---- | ----------------------------- |
 * | 0      | 1     | u8   | version 1                     |
 * | 1      | 1     | u8   | 0                             |
 * | 2      | 8     | u8   | first bytes of the plan hash  |
 * | 10     | 1     | u8   | qid                           |
 * | 11     | 1     | u8   | 0                             |
 * | 12     | 4     | u32  | seed, high word               |
 * | 16     | 4     | u32  | seed, low word                |
 * | 20     | 12    | u8   | 0                             |
 */
export function encodeReport({ planTag, qid, seed }: Report): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(REPORT_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, 1)
  for (let i = 0; i < PLAN_TAG_BYTES; i++) view.setUint8(2 + i, Number.parseInt(planTag.slice(2 * i, 2 * i + 2), 16))
  view.setUint8(10, qid)
  view.setUint32(12, seed.hi)
  view.setUint32(16, seed.lo)
  return bytes
}

/** Reads a report; null for anything that `encodeReport` does not write. */
export function decodeReport(bytes: Uint8Array): Report | null {
  if (bytes.length !== REPORT_BYTES || bytes[0] !== 1 || bytes[1] !== 0 || bytes[11] !== 0) return null
  for (let i = 20; i < REPORT_BYTES; i++) if (bytes[i] !== 0) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let planTag = ''
  for (let i = 0; i < PLAN_TAG_BYTES; i++)
    planTag += view
      .getUint8(2 + i)
      .toString(16)
      .padStart(2, '0')
  return { planTag, qid: view.getUint8(10), seed: { hi: view.getUint32(12), lo: view.getUint32(16) } }
}
