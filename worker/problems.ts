import type { ErrorCode, RecError, WireError } from '#contract/errors'

/** The part of the engine that has trouble. */
export type Area = 'release' | 'storage' | 'kernel' | 'engine' | 'outbox'

/** What a later look at the edge may mend. The error table says the same, but is not shipped with its advice. */
const PASSING: ReadonlySet<ErrorCode> = new Set(['edge-unreachable', 'rate-limited', 'hash-mismatch', 'object-missing'])

/** Whether trying again may help. */
export function isPassing(error: Pick<WireError, 'code'> | null | undefined): boolean {
  return error !== null && error !== undefined && PASSING.has(error.code)
}

/** What goes wrong without ending a call: shown in the status, told to the page, logged by code. */
export class Problems {
  readonly #byArea = new Map<Area, WireError>()
  readonly #tell: (error: WireError) => void

  constructor(tell: (error: WireError) => void) {
    this.#tell = tell
  }

  /** The latest problem that still holds. */
  get last(): WireError | null {
    return [...this.#byArea.values()].at(-1) ?? null
  }

  report(area: Area, error: RecError): void {
    const wire = error.toWire()
    this.#byArea.delete(area) // set again as the latest
    this.#byArea.set(area, wire)
    this.#tell(wire)
  }

  /** Whether trying again may help what an area has trouble with. */
  isPassing(area: Area): boolean {
    return isPassing(this.#byArea.get(area))
  }

  clear(area: Area): void {
    this.#byArea.delete(area)
  }
}
