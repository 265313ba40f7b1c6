import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { cacheDir, ROOT } from '../harness/places.ts'
import { runNode } from '../harness/run-node.ts'

/** A log of the size that a build of this many rows trains on. */
export type LogSize = {
  readonly interactions: number
  readonly items: number
  readonly users: number
  readonly dim: number
}

const HALF_SWEEPS = 3

/**
 * Useful floating-point operations of `halves` half sweeps of iALS, users first: per row a rank-1 update of half a d × d matrix and the right
 * side for each of its pairs, a Cholesky factor and two substitutions; per half sweep one half Gramian of the other side.
 */
export function ialsFlops({ interactions, items, users, dim }: LogSize, halves: number): number {
  const pairs = interactions * (dim * (dim + 1) + 2 * dim)
  const solve = dim ** 3 / 3 + 2 * dim ** 2
  let flops = 0
  for (let half = 0; half < halves; half++) {
    const [solved, other] = half % 2 === 0 ? [users, items] : [items, users]
    flops += pairs + solved * solve + other * dim * (dim + 1)
  }
  return flops
}

/**
 * Runs the trainer on random rows, in a process of its own (folders of the project do not import each other), and says how fast it was.
 * @returns 10^9 useful operations per second and core.
 */
export async function measureIals(size: LogSize): Promise<number> {
  const script = join(cacheDir(), 'ials-speed.mjs')
  await writeFile(script, trainerScript(size))
  const { stdout } = await runNode([script], () => undefined)
  const { ms, threads } = JSON.parse(stdout) as { ms: number; threads: number } // printed by the script below
  return ialsFlops(size, HALF_SWEEPS) / (ms / 1000) / threads / 1e9
}

function trainerScript({ interactions, items, users, dim }: LogSize): string {
  const perUser = Math.floor(interactions / users)
  const train = (name: string): string => pathToFileURL(join(ROOT, 'model-build', 'train', name)).href
  return `
    import { trainIals } from '${train('ials.ts')}'
    import { createKernelPool } from '${train('thread-pool.ts')}'
    import { clusteredLists, logFromLists } from '${train('synthetic-log.ts')}'
    const shape = { users: ${users}, items: ${items}, clusters: 50, perUser: ${perUser}, seed: 1 }
    const log = logFromLists(clusteredLists(shape), ${items})
    const pool = await createKernelPool()
    const options = { dim: ${dim}, alpha0: 0.1, reg: 0.003, nu: 1, sweeps: 1, seed: 1, weights: 'none', pool }
    await trainIals(logFromLists([[0, 1], [1, 2]], 3), options)
    const start = performance.now()
    await trainIals(log, options)
    process.stdout.write(JSON.stringify({ ms: performance.now() - start, threads: pool.threads }))
    await pool.close()
  `
}
