import { tile4x8 } from './tile.as'

/** Side of a tile; symmetric matrices are stored as lower tiles (i, j <= i) at index i*(i+1)/2 + j, each row-major 128 x 128. */
const SIDE: i32 = 128
const TILE_BYTES: usize = 128 * 128 * 4

function tileAt(tiles: usize, i: i32, j: i32): usize {
  return tiles + ((((i * (i + 1)) >> 1) + j) as usize) * TILE_BYTES
}

/** Row-major 128 x 128 into panel-8. */
function pack(source: usize, panels: usize): void {
  for (let j = 0; j < SIDE; j += 8) {
    let from = source + ((j as usize) << 2)
    let to = panels + (((j * SIDE) as usize) << 2)
    for (let p = 0; p < SIDE; p++) {
      v128.store(to, v128.load(from))
      v128.store(to, v128.load(from, 16), 16)
      from += 512
      to += 32
    }
  }
}

function transpose(source: usize, target: usize): void {
  for (let r = 0; r < SIDE; r++) {
    let to = target + ((r as usize) << 2)
    for (let c = 0; c < SIDE; c++) {
      store<f32>(to, load<f32>(source + (((r * SIDE + c) as usize) << 2)))
      to += 512
    }
  }
}

/**
 * First half of sweeping pivot block k out of a symmetric matrix (Beaton's sweep operator by blocks; Goodnight 1979): for tile rows
 * begin … end - 1 except k, packs C_i' to `ct` and (C_i D)' to `et` and writes C_i D back as the new pivot column; `d` is the pivot's inverse.
 * Scratch: two tiles and the packed pivot.
 */
export function sweepPanel(begin: i32, end: i32, scratch: usize, tiles: usize, d: usize, ct: usize, et: usize, k: i32): void {
  const turned = scratch
  const product = scratch + TILE_BYTES
  const pivot = scratch + 2 * TILE_BYTES
  pack(d, pivot)
  for (let i = begin; i < end; i++) {
    if (i == k) continue
    const home = i > k ? tileAt(tiles, i, k) : tileAt(tiles, k, i)
    const columns = ct + (i as usize) * TILE_BYTES
    if (i > k) {
      transpose(home, turned)
      pack(turned, columns)
    } else {
      pack(home, columns)
    }
    for (let r = 0; r < SIDE; r += 4) {
      const left = pivot + ((((r >> 3) * SIDE) as usize) << 5) + (((r & 4) as usize) << 2)
      for (let c = 0; c < SIDE; c += 8) {
        tile4x8(left, columns + (((c * SIDE) as usize) << 2), SIDE, product + (((r * SIDE + c) as usize) << 2), 512, 0)
      }
    }
    pack(product, et + (i as usize) * TILE_BYTES)
    if (i > k) transpose(product, home)
    else memory.copy(home, product, TILE_BYTES)
  }
}

/** Second half: tiles (i, j) -= E_i C_j' for all i, j other than k; task t is tile row count - 1 - t, the longest first. */
export function sweepTiles(begin: i32, end: i32, _scratch: usize, tiles: usize, ct: usize, et: usize, k: i32, count: i32): void {
  for (let task = begin; task < end; task++) {
    const i = count - 1 - task
    if (i == k) continue
    const rows = et + (i as usize) * TILE_BYTES
    for (let j = 0; j <= i; j++) {
      if (j == k) continue
      const target = tileAt(tiles, i, j)
      const columns = ct + (j as usize) * TILE_BYTES
      for (let c = 0; c < SIDE; c += 8) {
        const b = columns + (((c * SIDE) as usize) << 2)
        for (let r = 0; r < SIDE; r += 4) {
          const a = rows + ((((r >> 3) * SIDE) as usize) << 5) + (((r & 4) as usize) << 2)
          tile4x8(a, b, SIDE, target + (((r * SIDE + c) as usize) << 2), 512, 2)
        }
      }
    }
  }
}
