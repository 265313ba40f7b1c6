import { chachaState, chachaWords } from './chacha20.ts'
import { HEAD } from './plan.ts'

const NO_CLICK = HEAD.cells - 1
const WORD = 2 ** 32

/**
 * The cell of a clicked item before permutation: its place in the public list of popular items (the first 959), else a bucket by
 * `itemNo`; the last cell for no click.
 * @param place - Place in that list, -1 when it is not among the first 959; ignored when `itemNo` is null.
 */
export function headCell(itemNo: number | null, place: number): number {
  if (itemNo === null) return NO_CLICK
  return place >= 0 && place < HEAD.items ? place : HEAD.items + (Math.imul(itemNo, 0x9e3779b1) >>> 26)
}

/**
 * The order of the cells in one epoch, drawn from ChaCha20 with the plan's hash as key and the epoch as nonce: cell c stands at `order[c]`.
 * Public and the same for everybody; it spreads over the weeks whatever two cells share by arithmetic.
 * @param planHash - SHA-256 of the plan, 64 digits of hex.
 */
export function cellOrder(planHash: string, epoch: number): Uint16Array {
  const key = Array.from({ length: 8 }, (_, i) => Number.parseInt(planHash.slice(8 * i, 8 * i + 8), 16))
  const word = chachaWords(chachaState(key, epoch))
  const order = Uint16Array.from({ length: HEAD.cells }, (_, i) => i)
  for (let i = HEAD.cells - 1; i > 0; i--) {
    const j = Math.floor((word() / WORD) * (i + 1))
    const held = order[i]
    order[i] = order[j]
    order[j] = held
  }
  return order
}
