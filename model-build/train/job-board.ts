import type { KernelJob, KernelName } from './kernels.ts'

/** Kernels by number, as jobs name them across threads. */
const KERNELS: readonly KernelName[] = [
  'packPanels',
  'gemm',
  'assignRows',
  'ialsRows',
  'gramParts',
  'sweepPanel',
  'sweepTiles',
  'histogram',
  'subtractHistogram',
  'lambdas',
  'binRows',
  'addTree',
  'dualColumns',
  'neighbourRows',
  'localSolve',
  'sparseTimesDense',
  'factorEpoch',
  'factorScores',
  'gemmTransposed',
  'attend',
  'attendBack',
  'softmaxLoss',
  'gatherRows',
  'gatherPanels',
  'addDropped',
  'dropBack',
  'normaliseRows',
  'normaliseBack',
  'biasRelu',
  'reluBack',
  'adamBlocks',
  'crossRows',
  'crossBack',
]

const CELL = { sequence: 0, busy: 1, next: 2 } as const
const HEAD = 7
const MAX_ARGS = 16

/**
 * A job shared by threads without messages (a message costs more than a small histogram): `cells` are i32 {job number, threads still busy,
 * next task}, `job` f64 {kernel, tasks, chunk, scratch, scratch bytes, memory bytes, argument count, …arguments}.
 */
export type Control = { readonly cells: Int32Array; readonly job: Float64Array }

export function createControl(): Control {
  return {
    cells: new Int32Array(new SharedArrayBuffer(16)),
    job: new Float64Array(new SharedArrayBuffer((HEAD + MAX_ARGS) * 8)),
  }
}

/** Hands a job to `threads` waiting threads; resolves when all are done. One job at a time. */
export async function postJob({ cells, job }: Control, next: KernelJob, threads: number): Promise<void> {
  if (next.args.length > MAX_ARGS) throw new Error('A kernel takes at most 16 arguments')
  const { tasks, chunk, scratch, scratchBytes, memoryBytes, args } = next
  job.set([KERNELS.indexOf(next.kernel), tasks, chunk, scratch, scratchBytes, memoryBytes, args.length, ...args])
  Atomics.store(cells, CELL.next, 0)
  Atomics.store(cells, CELL.busy, threads)
  Atomics.add(cells, CELL.sequence, 1)
  Atomics.notify(cells, CELL.sequence)
  for (let busy = threads; busy > 0; busy = Atomics.load(cells, CELL.busy)) {
    await Atomics.waitAsync(cells, CELL.busy, busy).value
  }
}

/** Blocks the calling thread until a job with another number than `seen` is posted; returns its number and the job. */
export function awaitJob(
  { cells, job }: Control,
  seen: number,
): { readonly sequence: number; readonly job: KernelJob } {
  Atomics.wait(cells, CELL.sequence, seen)
  const [kernel, tasks, chunk, scratch, scratchBytes, memoryBytes, count] = job
  const args = Array.from(job.subarray(HEAD, HEAD + count))
  return {
    sequence: Atomics.load(cells, CELL.sequence),
    job: { kernel: KERNELS[kernel], tasks, chunk, scratch, scratchBytes, memoryBytes, args },
  }
}

/** First task of the next chunk to do. */
export function claimTasks({ cells }: Control, chunk: number): number {
  return Atomics.add(cells, CELL.next, chunk)
}

/** Reports the calling thread's part as done. */
export function finishJob({ cells }: Control): void {
  Atomics.sub(cells, CELL.busy, 1)
  Atomics.notify(cells, CELL.busy)
}
