/** Square matrix as U diag(s) V^T; U and V hold their columns one after another. */
export type Svd = { readonly u: Float64Array; readonly s: Float64Array; readonly v: Float64Array }

const SWEEPS = 60
const SMALL = 1e-14

/**
 * Singular values of a small square matrix by one-sided Jacobi rotations (Hestenes, 1958).
 * @param matrix - dim x dim, row-major; read only.
 */
export function svd(matrix: Float64Array, dim: number): Svd {
  const u = new Float64Array(dim * dim) // columns of A V
  const v = new Float64Array(dim * dim)
  for (let i = 0; i < dim; i++) {
    v[i * dim + i] = 1
    for (let j = 0; j < dim; j++) u[j * dim + i] = matrix[i * dim + j]
  }
  for (let sweep = 0, isMoved = true; sweep < SWEEPS && isMoved; sweep++) {
    isMoved = false
    for (let p = 0; p < dim; p++) for (let q = p + 1; q < dim; q++) isMoved = rotate(u, v, { dim, p, q }) || isMoved
  }
  const s = new Float64Array(dim)
  for (let j = 0; j < dim; j++) {
    const column = u.subarray(j * dim, (j + 1) * dim)
    s[j] = Math.sqrt(inner(column, column))
    if (s[j] > 0) for (let i = 0; i < dim; i++) column[i] /= s[j]
  }
  return { u, s, v }
}

/** Makes columns p and q orthogonal. @returns Whether they were not yet. */
function rotate(u: Float64Array, v: Float64Array, { dim, p, q }: { dim: number; p: number; q: number }): boolean {
  const [a, b] = [u.subarray(p * dim, (p + 1) * dim), u.subarray(q * dim, (q + 1) * dim)]
  const [alpha, beta, gamma] = [inner(a, a), inner(b, b), inner(a, b)]
  if (Math.abs(gamma) <= SMALL * Math.sqrt(alpha * beta)) return false
  const zeta = (beta - alpha) / (2 * gamma)
  const t = (zeta >= 0 ? 1 : -1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta))
  const c = 1 / Math.sqrt(1 + t * t)
  turn(a, b, c, c * t)
  turn(v.subarray(p * dim, (p + 1) * dim), v.subarray(q * dim, (q + 1) * dim), c, c * t)
  return true
}

function turn(a: Float64Array, b: Float64Array, c: number, s: number): void {
  for (let i = 0; i < a.length; i++) {
    const held = a[i]
    a[i] = c * held - s * b[i]
    b[i] = s * held + c * b[i]
  }
}

function inner(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i]
  return sum
}
