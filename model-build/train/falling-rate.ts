/** Of the highest rate. */
const LEAST_SHARE = 0.01

/**
 * Share of the highest learning rate in one step of about `steps`, counted from 1: rises evenly over `warmUp` steps and falls evenly to zero, so that the
 * last epoch is the one to judge. Never zero, since batches that are not full take a few steps more.
 */
export function fallingRate(step: number, steps: number, warmUp = 0): number {
  const rising = warmUp > 0 ? step / warmUp : 1
  return Math.min(1, rising, Math.max(LEAST_SHARE, 1 - step / steps))
}
