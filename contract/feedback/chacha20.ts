const ROUNDS = 10

/** «expand 32-byte k», little-endian. */
const SIGMA = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574] as const

/** A ChaCha20 state: constants, key (8 words), block counter from 0, nonce (3 words); RFC 8439. */
export function chachaState(key: readonly number[], nonce = 0): Uint32Array {
  const state = new Uint32Array(16)
  for (let i = 0; i < 4; i++) state[i] = SIGMA[i]
  for (let i = 0; i < key.length; i++) state[4 + i] = key[i]
  state[15] = nonce
  return state
}

/** Writes the next block of 16 words into `out` and moves the counter on. */
export function chachaBlock(state: Uint32Array, out: Uint32Array): void {
  for (let i = 0; i < 16; i++) out[i] = state[i]
  for (let round = 0; round < ROUNDS; round++) {
    quarter(out, 0, 4, 8, 12)
    quarter(out, 1, 5, 9, 13)
    quarter(out, 2, 6, 10, 14)
    quarter(out, 3, 7, 11, 15)
    quarter(out, 0, 5, 10, 15)
    quarter(out, 1, 6, 11, 12)
    quarter(out, 2, 7, 8, 13)
    quarter(out, 3, 4, 9, 14)
  }
  for (let i = 0; i < 16; i++) out[i] += state[i]
  state[12]++
}

/** The words of a state's stream, one by one. */
export function chachaWords(state: Uint32Array): () => number {
  const block = new Uint32Array(16)
  let at = 16
  return () => {
    if (at === 16) {
      chachaBlock(state, block)
      at = 0
    }
    return block[at++]
  }
}

// biome-ignore lint/complexity/useMaxParams: the quarter round of the RFC, in the innermost loop
function quarter(x: Uint32Array, a: number, b: number, c: number, d: number): void {
  let xa = x[a] | 0
  let xb = x[b] | 0
  let xc = x[c] | 0
  let xd = x[d] | 0
  xa = (xa + xb) | 0
  xd ^= xa
  xd = (xd << 16) | (xd >>> 16)
  xc = (xc + xd) | 0
  xb ^= xc
  xb = (xb << 12) | (xb >>> 20)
  xa = (xa + xb) | 0
  xd ^= xa
  xd = (xd << 8) | (xd >>> 24)
  xc = (xc + xd) | 0
  xb ^= xc
  xb = (xb << 7) | (xb >>> 25)
  x[a] = xa
  x[b] = xb
  x[c] = xc
  x[d] = xd
}
