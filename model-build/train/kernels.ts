import { readFile } from 'node:fs/promises'

/** Names of the kernels that a pool can spread over threads; see model-build/kernels for their arguments. */
export type KernelName =
  | 'packPanels'
  | 'gemm'
  | 'assignRows'
  | 'ialsRows'
  | 'gramParts'
  | 'sweepPanel'
  | 'sweepTiles'
  | 'histogram'
  | 'subtractHistogram'
  | 'lambdas'
  | 'binRows'
  | 'addTree'
  | 'dualColumns'
  | 'neighbourRows'
  | 'localSolve'
  | 'sparseTimesDense'
  | 'factorEpoch'
  | 'factorScores'
  | 'gemmTransposed'
  | 'attend'
  | 'attendBack'
  | 'softmaxLoss'
  | 'gatherRows'
  | 'gatherPanels'
  | 'addDropped'
  | 'dropBack'
  | 'normaliseRows'
  | 'normaliseBack'
  | 'biasRelu'
  | 'reluBack'
  | 'adamBlocks'
  | 'crossRows'
  | 'crossBack'

/** A compiled kernel: handles tasks begin … end - 1 with `scratch` bytes of its own; all pointers are byte offsets into the shared memory. */
export type Kernel = (begin: number, end: number, scratch: number, ...args: readonly number[]) => void

/** Exports of kernels.wasm. */
export type KernelExports = Readonly<Record<KernelName, Kernel>> & {
  readonly partitionRows: (...args: readonly number[]) => number
  readonly scatterRows: Kernel
  readonly leavesEnough: (...args: readonly number[]) => number
  readonly countBins: (...args: readonly number[]) => void
}

/** What the pool sends to a worker. */
export type KernelJob = {
  readonly kernel: KernelName
  readonly tasks: number
  readonly chunk: number
  readonly args: readonly number[]
  readonly scratch: number
  readonly scratchBytes: number
  /** Size of the shared memory that the arguments point into. */
  readonly memoryBytes: number
}

/** Compiles the committed kernels.wasm. */
export async function loadKernelModule(): Promise<WebAssembly.Module> {
  return new WebAssembly.Module(await readFile(new URL('../kernels/kernels.wasm', import.meta.url)))
}
