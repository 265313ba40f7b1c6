import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { type Control, createControl, postJob } from './job-board.ts'
import { type KernelExports, type KernelJob, type KernelName, loadKernelModule } from './kernels.ts'
import { neighbourUrl } from './neighbour-url.ts'

const PAGE_BYTES = 65_536
const MAX_PAGES = 65_536
/** Below this address lie the kernels' constants. */
const HEAP_START = PAGE_BYTES

/** One spread call: `tasks` independent tasks, handed out `chunk` at a time; their results must not depend on who runs them. */
export type PoolRun = {
  readonly kernel: KernelName
  readonly tasks: number
  readonly args: readonly number[]
  /** Tasks per hand-out, default 1. */
  readonly chunk?: number
  /** Bytes each thread needs for itself. */
  readonly scratchBytes?: number
}

/**
 * Kernels over one shared memory and its worker threads. Arrays from `f32`, `i32` … live in that memory (`byteOffset` is the kernel's pointer)
 * until the enclosing `scope` ends. One `run` at a time. `close` ends the threads.
 */
export type KernelPool = {
  readonly threads: number
  /** The kernels on the calling thread, for work too small to spread. */
  readonly inline: KernelExports
  f32(length: number): Float32Array
  f64(length: number): Float64Array
  i32(length: number): Int32Array
  u8(length: number): Uint8Array
  /** A copy of `values` in shared memory. */
  copyF32(values: Float32Array): Float32Array
  copyI32(values: Int32Array): Int32Array
  run(run: PoolRun): Promise<void>
  /** Runs `work` and frees everything it allocated, also when it throws. */
  scope<T>(work: () => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** Bump allocator over a growing shared memory of at most 4 GiB. */
class SharedHeap {
  readonly memory = new WebAssembly.Memory({ initial: 2, maximum: MAX_PAGES, shared: true })
  top = HEAP_START

  reserve(bytes: number): number {
    const at = this.top
    const end = Math.ceil((at + bytes) / 64) * 64
    const missing = Math.ceil(end / PAGE_BYTES) - this.memory.buffer.byteLength / PAGE_BYTES
    if (missing > 0) this.memory.grow(missing)
    this.top = end
    return at
  }

  zeroed<A extends Float32Array | Float64Array | Int32Array | Uint8Array>(
    bytes: number,
    view: (buffer: ArrayBufferLike, at: number) => A,
  ): A {
    const at = this.reserve(bytes)
    const array = view(this.memory.buffer, at)
    array.fill(0)
    return array
  }
}

/** Creates a pool; `threads` defaults to the machine's parallelism (at most 16), 1 runs everything on the calling thread. */
export async function createKernelPool(options: { readonly threads?: number } = {}): Promise<KernelPool> {
  const threads = Math.max(1, Math.min(16, options.threads ?? availableParallelism()))
  const heap = new SharedHeap()
  const module = await loadKernelModule()
  // The instance's shape is fixed by the committed binary; a test lists its exports.
  const inline = new WebAssembly.Instance(module, { env: { memory: heap.memory } }).exports as unknown as KernelExports
  const crew = threads === 1 ? undefined : startCrew(threads, module, heap.memory)
  let isBusy = false
  const run = async (job: PoolRun): Promise<void> => {
    if (isBusy) throw new Error('A kernel pool runs one job at a time')
    isBusy = true
    const mark = heap.top
    try {
      const scratchBytes = Math.ceil((job.scratchBytes ?? 0) / 64) * 64
      const scratch = heap.reserve(scratchBytes * threads)
      if (crew === undefined) inline[job.kernel](0, job.tasks, scratch, ...job.args)
      else await spread(crew, { chunk: 1, ...job, scratch, scratchBytes, memoryBytes: heap.memory.buffer.byteLength })
    } finally {
      heap.top = mark
      isBusy = false
    }
  }
  return {
    threads,
    inline,
    ...createArrays(heap),
    run,
    scope: async (work) => {
      const mark = heap.top
      try {
        return await work()
      } finally {
        heap.top = mark
      }
    },
    close: async () => {
      await Promise.all((crew?.workers ?? []).map((worker) => worker.terminate()))
    },
  }
}

function createArrays(heap: SharedHeap): Pick<KernelPool, 'f32' | 'f64' | 'i32' | 'u8' | 'copyF32' | 'copyI32'> {
  const f32 = (length: number) => heap.zeroed(length * 4, (buffer, at) => new Float32Array(buffer, at, length))
  const i32 = (length: number) => heap.zeroed(length * 4, (buffer, at) => new Int32Array(buffer, at, length))
  return {
    f32,
    i32,
    f64: (length) => heap.zeroed(length * 8, (buffer, at) => new Float64Array(buffer, at, length)),
    u8: (length) => heap.zeroed(length, (buffer, at) => new Uint8Array(buffer, at, length)),
    copyF32: (values) => {
      const copy = f32(values.length)
      copy.set(values)
      return copy
    },
    copyI32: (values) => {
      const copy = i32(values.length)
      copy.set(values)
      return copy
    },
  }
}

type Crew = {
  readonly workers: readonly Worker[]
  readonly control: Control
  /** Never resolves; rejects when a thread dies, then and for every later job. */
  readonly failure: Promise<never>
}

function startCrew(count: number, module: WebAssembly.Module, memory: WebAssembly.Memory): Crew {
  const url = neighbourUrl(import.meta.url, 'kernel-worker')
  const control = createControl()
  const { promise: failure, reject } = Promise.withResolvers<never>()
  failure.catch(() => undefined)
  const workers = Array.from({ length: count }, (_, index) => {
    const worker = new Worker(url, { workerData: { module, memory, control, index } })
    worker.on('error', reject)
    worker.on('exit', () => reject(new Error('A kernel thread ended')))
    worker.unref()
    return worker
  })
  return { workers, control, failure }
}

async function spread(crew: Crew, job: KernelJob): Promise<void> {
  for (const worker of crew.workers) worker.ref()
  await Promise.race([postJob(crew.control, job, crew.workers.length), crew.failure])
  for (const worker of crew.workers) worker.unref()
}

/** Runs `work` with the given pool, or with one of its own that it closes afterwards. */
export async function withPool<T>(pool: KernelPool | undefined, work: (pool: KernelPool) => Promise<T>): Promise<T> {
  if (pool !== undefined) return pool.scope(() => work(pool))
  const own = await createKernelPool()
  try {
    return await work(own)
  } finally {
    await own.close()
  }
}
