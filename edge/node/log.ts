import { destination, pino } from 'pino'
import type { Log } from '../core/ports.ts'

/** JSON lines on standard error. Only what the caller names is written: no addresses, no bodies, no headers. */
export function createLog(): Log {
  const logger = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination({ dest: 2, sync: true }))
  return (event, fields) => logger.info({ event, ...fields })
}

/** For callers that want no log. */
export const silentLog: Log = () => undefined
