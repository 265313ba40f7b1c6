import { workerData } from 'node:worker_threads'
import { awaitJob, type Control, claimTasks, finishJob } from './job-board.ts'
import type { KernelExports } from './kernels.ts'

type Setup = {
  readonly module: WebAssembly.Module
  readonly memory: WebAssembly.Memory
  readonly control: Control
  readonly index: number
}

/** A kernel thread: waits for jobs until the pool terminates it. */
function work({ module, memory, control, index }: Setup): never {
  // The instance's shape is fixed by the committed binary.
  const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as KernelExports
  for (let seen = 0, bytes = 0; ; ) {
    const { sequence, job } = awaitJob(control, seen)
    seen = sequence
    // A thread hears of another's growth at its next interruption, perhaps after it has begun; growing by nothing makes it look at once.
    if (job.memoryBytes > bytes) memory.grow(0)
    bytes = job.memoryBytes
    const kernel = kernels[job.kernel]
    const scratch = job.scratch + index * job.scratchBytes
    for (let begin = claimTasks(control, job.chunk); begin < job.tasks; begin = claimTasks(control, job.chunk)) {
      kernel(begin, Math.min(job.tasks, begin + job.chunk), scratch, ...job.args)
    }
    finishJob(control)
  }
}

// workerData is untyped; thread-pool.ts is its only writer.
work(workerData as Setup)
