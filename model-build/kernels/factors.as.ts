/** Floats of one feature's record: weight, its squared gradients, two of padding, 16 factors, their squared gradients. */
const RECORD: usize = 36
const RECORD_BYTES: usize = RECORD << 2
const FACTORS: usize = 16
const SQUARES: usize = 80

/** Adds up one row's records: the linear part is returned, the sums of factors and of their squares are stored at `sums` (2 x 16 f32). */
function gatherRow(from: usize, to: usize, columns: usize, values: usize, params: usize, sums: usize): f32 {
  memory.fill(sums, 0, 128)
  let linear: f32 = 0
  for (let k = from; k < to; k++) {
    const record = params + (load<u32>(columns + (k << 2)) as usize) * RECORD_BYTES
    const x = load<f32>(values + (k << 2))
    linear += x * load<f32>(record)
    const scale = f32x4.splat(x)
    for (let f: usize = 0; f < 64; f += 16) {
      const v = f32x4.mul(scale, v128.load(record + FACTORS + f))
      v128.store(sums + f, f32x4.add(v128.load(sums + f), v))
      v128.store(sums + 64 + f, f32x4.add(v128.load(sums + 64 + f), f32x4.mul(v, v)))
    }
  }
  return linear
}

/** Half the sum over factors of (sum^2 - sum of squares). */
function pairsOf(sums: usize): f32 {
  let total = f32x4.splat(0)
  for (let f: usize = 0; f < 64; f += 16) {
    const s = v128.load(sums + f)
    total = f32x4.add(total, f32x4.sub(f32x4.mul(s, s), v128.load(sums + 64 + f)))
  }
  return 0.5 * (f32x4.extract_lane(total, 0) + f32x4.extract_lane(total, 1) + f32x4.extract_lane(total, 2) + f32x4.extract_lane(total, 3))
}

/** One Adagrad step of a record; `g` is the row's gradient times the entry's value. */
function stepRecord(record: usize, g: f32, x: f32, sums: usize, rate: f32, l2: f32, linearL2: f32): void {
  const weight = load<f32>(record)
  const slope = g + linearL2 * weight
  const squares = load<f32>(record, 4) + slope * slope
  store<f32>(record, squares, 4)
  store<f32>(record, weight - (rate * slope) / Mathf.sqrt(squares + 1))
  const gradient = f32x4.splat(g)
  const scale = f32x4.splat(x)
  const shrink = f32x4.splat(l2)
  const step = f32x4.splat(rate)
  for (let f: usize = 0; f < 64; f += 16) {
    const v = v128.load(record + FACTORS + f)
    const rest = f32x4.sub(v128.load(sums + f), f32x4.mul(v, scale))
    const slopes = f32x4.add(f32x4.mul(gradient, rest), f32x4.mul(shrink, v))
    const sum = f32x4.add(v128.load(record + SQUARES + f), f32x4.mul(slopes, slopes))
    v128.store(record + SQUARES + f, sum)
    const move = f32x4.div(f32x4.mul(step, slopes), f32x4.sqrt(f32x4.add(sum, f32x4.splat(1))))
    v128.store(record + FACTORS + f, f32x4.sub(v, move))
  }
}

/**
 * One pass of stochastic gradients for the factorisation machines begin … end - 1, each over its own list of rows, one after the other.
 * `jobs` has eight words per machine: {rows i32*, count i32, params*, rate f32, l2 of factors f32, l2 of weights f32, 0, 0}; rows r are the
 * entries offsets[r] … offsets[r + 1] - 1 of `columns` u32 and `values` f32; `labels` f32 0 or 1. Record 0 is the bias. Scratch: 128 bytes.
 */
export function factorEpoch(begin: i32, end: i32, scratch: usize, jobs: usize, offsets: usize, columns: usize, values: usize, labels: usize): void {
  for (let task = begin; task < end; task++) {
    const job = jobs + ((task as usize) << 5)
    const rows = load<u32>(job) as usize
    const count = load<u32>(job, 4) as usize
    const params = load<u32>(job, 8) as usize
    const rate = load<f32>(job, 12)
    const l2 = load<f32>(job, 16)
    const linearL2 = load<f32>(job, 20)
    for (let k: usize = 0; k < count; k++) {
      const row = load<u32>(rows + (k << 2)) as usize
      const from = load<u32>(offsets + (row << 2)) as usize
      const to = load<u32>(offsets + (row << 2), 4) as usize
      const linear = gatherRow(from, to, columns, values, params, scratch)
      const score = load<f32>(params) + linear + pairsOf(scratch)
      const one: f32 = 1
      const error: f32 = one / (one + Mathf.exp(-score)) - load<f32>(labels + (row << 2))
      const bias = load<f32>(params, 4) + error * error
      store<f32>(params, bias, 4)
      store<f32>(params, load<f32>(params) - (rate * error) / Mathf.sqrt(bias + 1))
      for (let e = from; e < to; e++) {
        const x = load<f32>(values + (e << 2))
        stepRecord(params + (load<u32>(columns + (e << 2)) as usize) * RECORD_BYTES, error * x, x, scratch, rate, l2, linearL2)
      }
    }
  }
}

/** Scores (log-odds, f32) of the rows at `rows` (i32) begin … end - 1 under one machine; see factorEpoch. Scratch: 128 bytes. */
export function factorScores(begin: i32, end: i32, scratch: usize, rows: usize, params: usize, offsets: usize, columns: usize, values: usize, out: usize): void {
  for (let k = begin; k < end; k++) {
    const row = load<u32>(rows + ((k as usize) << 2)) as usize
    const from = load<u32>(offsets + (row << 2)) as usize
    const to = load<u32>(offsets + (row << 2), 4) as usize
    const linear = gatherRow(from, to, columns, values, params, scratch)
    store<f32>(out + ((k as usize) << 2), load<f32>(params) + linear + pairsOf(scratch))
  }
}
