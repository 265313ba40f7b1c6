import { crc32 } from './crc32.ts'
import { RecError } from './errors.ts'
import { LIMITS } from './limits.ts'
import { VarintReader, VarintWriter } from './varint.ts'

/**
 * The items of a cell, in cell order: strictly ascending itemNo, written as first value then differences (varints).
 * Every other object of the cell repeats only `orderCrc`, so that objects of different releases cannot be mixed.
 */
export function encodeItemNos(itemNos: Uint32Array): Uint8Array {
  const writer = new VarintWriter()
  let last = -1
  for (const itemNo of itemNos) {
    if (itemNo <= last) throw new RecError('shard-malformed', 'item numbers of a cell ascend strictly')
    writer.write(itemNo - last - 1)
    last = itemNo
  }
  return writer.finish()
}

/** Reads what `encodeItemNos` wrote. @throws RecError `shard-malformed` */
export function decodeItemNos(bytes: Uint8Array, count: number): Uint32Array {
  const reader = new VarintReader(bytes)
  const itemNos = new Uint32Array(count)
  let last = -1
  for (let i = 0; i < count; i++) {
    last += reader.read() + 1
    if (last > 0xffffffff) throw new RecError('shard-malformed', 'an item number is too large')
    itemNos[i] = last
  }
  reader.end()
  return itemNos
}

/**
 * Refuses a cell of more items than writers and readers agreed on, before anything of that size is made.
 * @throws RecError `shard-malformed`
 */
export function checkCellItems(itemCount: number): void {
  if (itemCount > LIMITS.cellItems) throw new RecError('shard-malformed', 'a cell has too many items', { itemCount })
}

/** Identifies the membership and order of a cell: CRC-32 of its encoded item numbers. */
export function orderCrc(itemNos: Uint32Array): number {
  return crc32(encodeItemNos(itemNos))
}
