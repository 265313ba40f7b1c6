import { checkCellItems } from './cell-order.ts'
import { RecError } from './errors.ts'
import { LIMITS } from './limits.ts'
import { decodeObject, encodeObject, OBJECT_KIND, requireSection } from './object-file.ts'
import { VarintReader, VarintWriter } from './varint.ts'

const SECTION = { header: 1, counts: 2, sourceLow: 3, sourceHigh: 4, weights: 5 } as const

/**
 * For each candidate of a cell the items whose presence in a history speaks for it, or against it.
 * Voters of candidate i are entries `offsets[i] … offsets[i + 1] - 1`, ascending by source.
 */
export type VoterCell = {
  readonly itemCount: number
  readonly orderCrc: number
  /** weight = weights[k] · weightStep; the step is finite, 0 or more. */
  readonly weightStep: number
  /** Length itemCount + 1. */
  readonly offsets: Uint32Array
  /** itemNo of the voter; it need not be in this cell. */
  readonly source: Uint32Array
  /** -63…63, never 0. */
  readonly weights: Int8Array
}

/**
 * Voters object. Differences of sources (first value, then distance - 1) are split into their low byte and the rest, which
 * compress better apart.
 *
 * | section | content                                                |
 * | ------- | ------------------------------------------------------ |
 * | 1       | {itemCount u32, orderCrc u32, weightStep f32}          |
 * | 2       | u8[itemCount] voters of each candidate, 0…240          |
 * | 3       | u8[voters] difference mod 256                          |
 * | 4       | varint[voters] difference div 256                      |
 * | 5       | i8[voters] weights, -63…63, never 0                    |
 */
export function encodeVoters(cell: VoterCell): Uint8Array {
  const total = cell.source.length
  checkCellItems(cell.itemCount)
  const header = new DataView(new ArrayBuffer(12))
  header.setUint32(0, cell.itemCount, true)
  header.setUint32(4, cell.orderCrc, true)
  header.setFloat32(8, cell.weightStep, true)
  checkWeights(cell.weights)
  const counts = new Uint8Array(cell.itemCount)
  const low = new Uint8Array(total)
  const high = new VarintWriter()
  for (let i = 0; i < cell.itemCount; i++) {
    counts[i] = checkedCount(cell.offsets[i + 1] - cell.offsets[i])
    let last = -1
    for (let k = cell.offsets[i]; k < cell.offsets[i + 1]; k++) {
      const step = cell.source[k] - last - 1
      if (step < 0) throw new RecError('shard-malformed', 'voters of a candidate ascend strictly')
      low[k] = step & 255
      high.write(step >>> 8)
      last = cell.source[k]
    }
  }
  return encodeObject(
    OBJECT_KIND.voters,
    new Map([
      [SECTION.header, new Uint8Array(header.buffer)],
      [SECTION.counts, counts],
      [SECTION.sourceLow, low],
      [SECTION.sourceHigh, high.finish()],
      [SECTION.weights, new Uint8Array(cell.weights.buffer, cell.weights.byteOffset, cell.weights.length)],
    ]),
  )
}

/** Largest size of a weight, in steps. */
export const MAX_WEIGHT = 63

/** Weights up to this many steps are all told apart by a device, larger ones in threes. */
const FINE_WEIGHTS = 15
const COARSE_STEP = 3

/** The level of a weight of -63…63 steps, -31…31: what a device keeps of it, in six bits. */
export function levelOf(weight: number): number {
  const size = Math.abs(weight)
  const coarse = FINE_WEIGHTS + Math.round((size - FINE_WEIGHTS) / COARSE_STEP)
  return Math.sign(weight) * (size <= FINE_WEIGHTS ? size : coarse)
}

/** The weight of a level, in steps; a build writes no others. */
export function weightOfLevel(level: number): number {
  const size = Math.abs(level)
  return Math.sign(level) * (size <= FINE_WEIGHTS ? size : FINE_WEIGHTS + COARSE_STEP * (size - FINE_WEIGHTS))
}

/** Reads a voters object; `weights` shares the file's memory. @throws RecError `shard-malformed` */
export function decodeVoters(bytes: Uint8Array): VoterCell {
  const sections = decodeObject(bytes, OBJECT_KIND.voters)
  const head = requireSection(sections, SECTION.header)
  const counts = requireSection(sections, SECTION.counts)
  const low = requireSection(sections, SECTION.sourceLow)
  const signed = requireSection(sections, SECTION.weights)
  const weights = new Int8Array(signed.buffer, signed.byteOffset, signed.length)
  if (head.length !== 12) throw new RecError('shard-malformed', 'a wrong voters header', { sizeBytes: head.length })
  const view = new DataView(head.buffer, head.byteOffset, 12)
  const itemCount = view.getUint32(0, true)
  if (counts.length !== itemCount)
    throw new RecError('shard-malformed', 'voter counts do not fit their header', { itemCount })
  checkCellItems(itemCount)
  const weightStep = view.getFloat32(8, true)
  if (!(weightStep >= 0 && weightStep < Infinity))
    throw new RecError('shard-malformed', 'a wrong step of voter weights')
  const offsets = new Uint32Array(itemCount + 1)
  for (let i = 0; i < itemCount; i++) offsets[i + 1] = offsets[i] + checkedCount(counts[i])
  const total = offsets[itemCount]
  if (low.length !== total || weights.length !== total)
    throw new RecError('shard-malformed', 'voters do not fit their counts', { total })
  checkWeights(weights)
  const source = readSources(offsets, low, new VarintReader(requireSection(sections, SECTION.sourceHigh)))
  return {
    itemCount,
    orderCrc: view.getUint32(4, true),
    weightStep,
    offsets,
    source,
    weights,
  }
}

function checkWeights(weights: Int8Array): void {
  for (const weight of weights)
    if (weight === 0 || weight < -MAX_WEIGHT || weight > MAX_WEIGHT)
      throw new RecError('shard-malformed', 'a wrong weight of a voter', { weight })
}

function checkedCount(voters: number): number {
  if (!(voters >= 0 && voters <= LIMITS.votersPerItem))
    throw new RecError('shard-malformed', 'a candidate has too many voters', { voters })
  return voters
}

function readSources(offsets: Uint32Array, low: Uint8Array, high: VarintReader): Uint32Array {
  const source = new Uint32Array(low.length)
  for (let i = 0; i + 1 < offsets.length; i++) {
    let last = -1
    for (let k = offsets[i]; k < offsets[i + 1]; k++) {
      last += high.read() * 256 + low[k] + 1
      if (last > 0xffffffff) throw new RecError('shard-malformed', 'an item number is too large')
      source[k] = last
    }
  }
  high.end()
  return source
}
