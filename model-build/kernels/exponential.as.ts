/**
 * e^x of four floats, relative error below 3e-7 for x in [-87, 0] and beyond; smaller x give about 1e-38.
 * Source: range reduction by ln 2 and the degree-5 minimax polynomial of Cephes' expf.
 */
export function exp4(x: v128): v128 {
  const bounded = f32x4.max(f32x4.min(x, f32x4.splat(88)), f32x4.splat(-87))
  const steps = f32x4.nearest(f32x4.mul(bounded, f32x4.splat(1.44269504088896341)))
  let r = f32x4.sub(bounded, f32x4.mul(steps, f32x4.splat(0.693359375)))
  r = f32x4.sub(r, f32x4.mul(steps, f32x4.splat(-2.12194440e-4)))
  let p = f32x4.splat(1.9875691500e-4)
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.3981999507e-3))
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(8.3334519073e-3))
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(4.1665795894e-2))
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.6666665459e-1))
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(5.0000001201e-1))
  const value = f32x4.add(f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r), f32x4.splat(1))
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(steps), i32x4.splat(127)), 23)
  return f32x4.mul(value, power)
}

/** Sum of the four lanes, (0 + 2) + (1 + 3). */
export function sum4(x: v128): f32 {
  const pairs = f32x4.add(x, v128.shuffle<i32>(x, x, 2, 3, 0, 1))
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1)
}

/** Largest of the four lanes. */
export function max4(x: v128): f32 {
  const pairs = f32x4.max(x, v128.shuffle<i32>(x, x, 2, 3, 0, 1))
  return max(f32x4.extract_lane(pairs, 0), f32x4.extract_lane(pairs, 1))
}
