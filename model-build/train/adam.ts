import type { KernelPool } from './thread-pool.ts'

/** Weights and their gradients in pool memory, of one length that is a multiple of 256. */
export type Trained = {
  readonly values: Float32Array
  readonly gradients: Float32Array
  /** Factor on the learning rate, default 1. */
  readonly pace?: number
}

/**
 * Creates Adam (Kingma & Ba 2015; decays 0.9 and 0.98) over some weights.
 * @param decay - A step takes `learningRate · decay` of each weight off (Loshchilov & Hutter 2019), default 0.
 * @returns One step, which zeroes the gradients.
 */
export function createAdam(
  pool: KernelPool,
  trained: readonly Trained[],
  decay = 0,
): (learningRate: number) => Promise<void> {
  const sides = trained.map((side) => ({
    ...side,
    means: pool.f32(side.values.length),
    squares: pool.f32(side.values.length),
  }))
  let step = 0
  return async (learningRate) => {
    step++
    const correction = Math.sqrt(1 - 0.98 ** step)
    const rate = (learningRate * correction) / (1 - 0.9 ** step)
    for (const { values, gradients, means, squares, pace = 1 } of sides) {
      const places = [values, gradients, means, squares].map(({ byteOffset }) => byteOffset)
      const args = [...places, rate * pace, 1e-8 * correction, learningRate * decay]
      await pool.run({ kernel: 'adamBlocks', tasks: values.length / 256, chunk: 64, args })
    }
  }
}
