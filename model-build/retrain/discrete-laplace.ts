import { createHmac } from 'node:crypto'

/**
 * Whole-number noise with P(k) proportional to exp(-|k| / scale): the difference of two geometric numbers
 * (Ghosh, Roughgarden & Sundararajan, STOC 2009). The same key and text give the same number, so that asking twice
 * about the same people does not average the noise away.
 * @param key - Secret; without it the noise cannot be guessed.
 */
export function discreteLaplace(key: Uint8Array, text: string, scale: number): number {
  const bytes = createHmac('sha256', key).update(text, 'utf8').digest()
  return geometric(uniform(bytes, 0), scale) - geometric(uniform(bytes, 8), scale)
}

/** Failures before the first success where one fails with chance exp(-1 / scale). */
function geometric(chance: number, scale: number): number {
  return Math.floor(-Math.log(chance) * scale)
}

/** 53 bits as a number in (0, 1]. */
function uniform(bytes: Buffer, at: number): number {
  const high = bytes.readUInt32LE(at) >>> 5
  const low = bytes.readUInt32LE(at + 4) >>> 6
  return (high * 2 ** 26 + low + 1) / 2 ** 53
}
