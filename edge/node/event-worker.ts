import { parentPort, workerData } from 'node:worker_threads'
import { toRecError } from '#contract/errors'
import { asStoreError } from './disk-errors.ts'
import { EventDatabase } from './event-database.ts'
import type { EventAnswers, EventCall, EventReply, EventWorkerData } from './event-messages.ts'

// Entry of the worker thread that owns the event database: one call after another, each answered.
const { path, maxBytes } = workerData as EventWorkerData // given by event-log.ts alone
const db = new EventDatabase(path, maxBytes)

function answer(call: EventCall): EventAnswers[keyof EventAnswers] {
  switch (call.kind) {
    case 'append':
      return db.append(call.batches, call.now)
    case 'read':
      return db.read(call.site, call.after, call.limit)
    case 'forget':
      db.forget(call.site, call.pseudonym, call.now)
      return null
    case 'prune':
      return db.prune(call.before)
    case 'tidy':
      db.tidy(call.now)
      return null
    case 'close':
      db.close()
      return null
  }
}

parentPort?.on('message', ({ id, call }: { id: number; call: EventCall }) => {
  let reply: EventReply
  try {
    reply = { id, value: answer(call) }
  } catch (thrown) {
    reply = { id, error: toRecError(asStoreError(thrown)).toWire() }
  }
  parentPort?.postMessage(reply)
  if (call.kind === 'close') parentPort?.close()
})
