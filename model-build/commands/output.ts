import { ERROR_CODES, type ErrorCode, type RecError } from '#contract/errors'

/** Exit codes of every command; 130 is what shells give a command that an interrupt ended. */
export const EXIT = { ok: 0, failed: 1, usage: 2, gateRefused: 3, badInput: 4, stopped: 130 } as const

const BAD_INPUT: ReadonlySet<ErrorCode> = new Set([
  'input-missing',
  'input-malformed',
  'config-invalid',
  'keys-missing',
])

/** Where a command writes. */
export type Streams = {
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
  readonly isTerminal: boolean
}

/** The exit code that tells a shell about an error. */
export function exitCodeOf(code: ErrorCode): number {
  if (code === 'gate-refused') return EXIT.gateRefused
  if (code === 'stopped') return EXIT.stopped
  return BAD_INPUT.has(code) ? EXIT.badInput : EXIT.failed
}

/** Writes an error to stderr as code, message and what to do next; with `json` also as the one object on stdout. */
export function writeError(streams: Streams, error: RecError, json: boolean): void {
  const { help } = ERROR_CODES[error.code]
  const detail = Object.entries(error.detail).map(([name, value]) => `${name} ${value}`)
  streams.stderr(
    `error ${error.code}: ${error.message}${detail.length === 0 ? '' : ` (${detail.join(', ')})`}\n  next: ${help}\n`,
  )
  if (json) streams.stdout(`${JSON.stringify({ ok: false, error: { ...error.toWire(), help } })}\n`)
}
