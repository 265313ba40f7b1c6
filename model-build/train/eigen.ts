const SWEEPS = 30

/**
 * Eigenvectors of a symmetric n x n matrix (row-major, overwritten) by cyclic Jacobi rotations (Golub & Van Loan 8.5): row k of the result is
 * the unit vector of the k-th largest eigenvalue, its largest component positive.
 */
export function principalEigenvectors(matrix: Float64Array, n: number): Float64Array {
  const vectors = new Float64Array(n * n)
  for (let i = 0; i < n; i++) vectors[i * n + i] = 1
  for (let sweep = 0; sweep < SWEEPS && offDiagonal(matrix, n) > 1e-22 * trace(matrix, n) ** 2; sweep++) {
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotate(matrix, vectors, n, [p, q])
  }
  const order = Array.from({ length: n }, (_, k) => k).sort((a, b) => matrix[b * n + b] - matrix[a * n + a])
  const out = new Float64Array(n * n)
  order.forEach((from, to) => {
    const vector = vectors.subarray(from * n, (from + 1) * n)
    const sign = vector.reduce((largest, x) => (Math.abs(x) > Math.abs(largest) + 1e-12 ? x : largest), 0) < 0 ? -1 : 1
    for (let k = 0; k < n; k++) out[to * n + k] = sign * vector[k]
  })
  return out
}

function rotate(a: Float64Array, vectors: Float64Array, n: number, [p, q]: readonly [number, number]): void {
  const off = a[p * n + q]
  if (off === 0) return
  const theta = (a[q * n + q] - a[p * n + p]) / (2 * off)
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1))
  const c = 1 / Math.sqrt(t * t + 1)
  const s = t * c
  for (let k = 0; k < n; k++) {
    const [x, y] = [a[k * n + p], a[k * n + q]]
    a[k * n + p] = c * x - s * y
    a[k * n + q] = s * x + c * y
  }
  for (const m of [a, vectors]) {
    for (let k = 0; k < n; k++) {
      const [x, y] = [m[p * n + k], m[q * n + k]]
      m[p * n + k] = c * x - s * y
      m[q * n + k] = s * x + c * y
    }
  }
}

function offDiagonal(a: Float64Array, n: number): number {
  let sum = 0
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) sum += a[i * n + j] ** 2
  return sum
}

function trace(a: Float64Array, n: number): number {
  let sum = 0
  for (let i = 0; i < n; i++) sum += Math.abs(a[i * n + i])
  return sum
}
