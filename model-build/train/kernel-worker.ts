import { parentPort, workerData } from 'node:worker_threads'
import type { KernelExports, KernelJob } from './kernels.ts'

type Setup = { module: WebAssembly.Module; memory: WebAssembly.Memory; counter: SharedArrayBuffer; index: number }

const setup: Setup = workerData
const kernels = new WebAssembly.Instance(setup.module, { env: { memory: setup.memory } }).exports as KernelExports
const counter = new Int32Array(setup.counter)

parentPort?.on('message', (job: KernelJob) => {
  const kernel = kernels[job.kernel]
  const scratch = job.scratch + setup.index * job.scratchBytes
  for (;;) {
    const begin = Atomics.add(counter, 0, job.chunk)
    if (begin >= job.tasks) break
    kernel(begin, Math.min(job.tasks, begin + job.chunk), scratch, ...job.args)
  }
  parentPort?.postMessage('done')
})
