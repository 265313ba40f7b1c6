import { parentPort, workerData } from 'node:worker_threads'
import type { CrewSetup, CrewTask } from './crew.ts'
import { openSeat } from './seat.ts'

// workerData and messages are untyped; crew.ts is their only writer.
const { parts, options } = workerData as CrewSetup
const seat = openSeat(parts, options)

parentPort?.on('message', async (task: CrewTask) => {
  try {
    const open = await seat
    if (task.kind === 'groups') {
      const groups = await open.groups(task.users, task.options)
      const buffers = groups.map(({ features }) => features.buffer as ArrayBuffer) // made by new Float32Array(length)
      parentPort?.postMessage({ id: task.id, result: groups }, buffers)
    } else parentPort?.postMessage({ id: task.id, result: await open.answers(task.visits, task.options) })
  } catch (error) {
    parentPort?.postMessage({ id: task.id, error })
  }
})
