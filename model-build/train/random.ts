/** A seeded stream of uniform numbers in [0, 1). */
export type Random = () => number

/** SFC32 seeded from any integer (Chris Doty-Humphrey's PractRand generator), the first 16 outputs dropped. */
export function createRandom(seed: number): Random {
  let a = seed | 0
  let b = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b)
  let c = Math.floor(seed / 4294967296) ^ 0xc2b2ae35
  let counter = 1
  const next = (): number => {
    const t = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + t
    c |= 0
    return (t >>> 0) / 4294967296
  }
  for (let k = 0; k < 16; k++) next()
  return next
}

/** Bell-shaped numbers of mean 0 and variance 1 from sums of four uniforms: exact arithmetic on every engine, cut at ±3.5. */
export function createNormal(random: Random): Random {
  return () => (random() + random() + random() + random() - 2) * 1.7320508075688772
}

/** Shuffles in place (Fisher-Yates). */
export function shuffle(values: Int32Array, random: Random): void {
  for (let k = values.length - 1; k > 0; k--) {
    const other = Math.floor(random() * (k + 1))
    const value = values[k]
    values[k] = values[other]
    values[other] = value
  }
}

/** Each user has a random stream of their own, so that who else is asked changes nothing. */
export function randomOf(seed: number, user: number): Random {
  return createRandom(seed * 1_000_003 + user)
}
