import { promisify } from 'node:util'
import { brotliCompress, constants } from 'node:zlib'

const compress = promisify(brotliCompress)

/** What edges send: the best quality up to a megabyte, a quicker one beyond. */
const QUALITY = { best: 11, quick: 9 } as const
const MB = 2 ** 20

/** Size of bytes as brotli. */
export async function brotliBytes(bytes: Uint8Array): Promise<number> {
  const quality = bytes.length <= MB ? QUALITY.best : QUALITY.quick
  const packed = await compress(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } })
  return packed.length
}
