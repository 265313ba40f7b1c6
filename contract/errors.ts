/** What a caller may do about an error: `no` (same call fails again), `later` (try again after a while), `after-fix` (someone must change something). */
export type Retry = 'no' | 'later' | 'after-fix'

/**
 * Every error code with the HTTP status that carries it and the advice to a caller. The code is API; messages may change.
 * `docs/errors.md` is generated from this table.
 */
export const ERROR_CODES = {
  'shard-malformed': {
    status: 422,
    retry: 'after-fix',
    help: 'The object is not a whole, valid PSF1 file; fetch or publish it again.',
  },
  'shard-version': {
    status: 422,
    retry: 'after-fix',
    help: 'The object was written by a newer format; update the script.',
  },
  'hash-mismatch': {
    status: 422,
    retry: 'later',
    help: 'The bytes differ from the name they were asked for by; a proxy or disk changed them.',
  },
  'manifest-malformed': {
    status: 422,
    retry: 'after-fix',
    help: 'The manifest is not valid; publish the release again.',
  },
  'manifest-version': {
    status: 422,
    retry: 'after-fix',
    help: 'The manifest has a major version this build cannot read; update the script.',
  },
  'pointer-malformed': {
    status: 422,
    retry: 'after-fix',
    help: 'The channel document is not valid; is data-edge the address of an edge?',
  },
  'signature-invalid': {
    status: 403,
    retry: 'after-fix',
    help: 'No key in data-keys signed this release; check the public key in the page.',
  },
  'signature-unsupported': {
    status: 501,
    retry: 'no',
    help: 'This browser cannot verify Ed25519 signatures, or the page is not served over https.',
  },
  'sequence-replayed': {
    status: 409,
    retry: 'later',
    help: 'The edge offered an older release than the one already here; the newer one is kept.',
  },
  'release-missing': {
    status: 404,
    retry: 'later',
    help: 'The site has no release on this channel yet; run `pocketshelf publish`.',
  },
  'object-missing': {
    status: 404,
    retry: 'later',
    help: 'The edge does not hold this object; publish the release again.',
  },
  'edge-unreachable': {
    status: 503,
    retry: 'later',
    help: 'The edge did not answer; check data-edge and the network.',
  },
  'edge-misconfigured': {
    status: 502,
    retry: 'after-fix',
    help: 'What answered at data-edge is not a Pocketshelf edge.',
  },
  'model-mismatch': {
    status: 422,
    retry: 'after-fix',
    help: 'The model expects another feature layout than this script computes.',
  },
  'model-malformed': {
    status: 422,
    retry: 'after-fix',
    help: 'The ranker could not be read; publish the release again.',
  },
  'engine-unavailable': { status: 501, retry: 'no', help: 'An engine could not start here; a simpler one is used.' },
  'storage-refused': {
    status: 507,
    retry: 'later',
    help: 'The browser refused storage; recommendations go on from memory.',
  },
  'quota-exceeded': {
    status: 507,
    retry: 'later',
    help: 'Storage is full; old shards were removed or a smaller tier is used.',
  },
  'worker-died': { status: 500, retry: 'later', help: 'The worker stopped; it is started again by the next call.' },
  'deadline-exceeded': { status: 504, retry: 'later', help: 'The call took longer than its deadline.' },
  'not-ready': { status: 503, retry: 'later', help: 'No release is loaded yet.' },
  'item-unknown': { status: 404, retry: 'no', help: 'The release does not know this item id.' },
  'bad-request': { status: 400, retry: 'after-fix', help: 'The request is not valid; the message names the field.' },
  'too-large': { status: 413, retry: 'after-fix', help: 'The request is larger than allowed; send smaller batches.' },
  'rate-limited': { status: 429, retry: 'later', help: 'Too many requests; wait and send the same batch id again.' },
  unauthorised: { status: 401, retry: 'after-fix', help: 'The bearer token is missing or wrong.' },
  forbidden: { status: 403, retry: 'after-fix', help: 'The token does not allow this.' },
  'not-found': { status: 404, retry: 'no', help: 'There is nothing at this address.' },
  conflict: { status: 409, retry: 'later', help: 'Somebody else changed the state first; read it and try again.' },
  'store-full': { status: 503, retry: 'later', help: 'The edge cannot store more; the operator must free disk space.' },
  'input-missing': { status: 400, retry: 'after-fix', help: 'An input file was not found; check the path.' },
  'input-malformed': { status: 400, retry: 'after-fix', help: 'An input file cannot be used; the message says where.' },
  'config-invalid': { status: 400, retry: 'after-fix', help: 'The configuration has an unknown or wrong entry.' },
  'gate-refused': {
    status: 409,
    retry: 'after-fix',
    help: 'The new release is worse than the live one; see the report.',
  },
  'keys-missing': { status: 400, retry: 'after-fix', help: 'No signing key; run `pocketshelf keys new`.' },
  'consent-missing': { status: 403, retry: 'no', help: 'The visitor has not agreed to this.' },
  stopped: {
    status: 503,
    retry: 'later',
    help: 'The command was asked to stop; run it again, and a build goes on from its last finished step.',
  },
  internal: { status: 500, retry: 'later', help: 'Something unexpected happened; please report it.' },
} as const satisfies Record<string, { status: number; retry: Retry; help: string }>

export type ErrorCode = keyof typeof ERROR_CODES

/** Counts, sizes and versions only: never ids, URLs, or anything a visitor typed. */
export type ErrorDetail = Readonly<Record<string, number | string | boolean>>

/** How an error crosses threads and HTTP; structured clone would drop the code. */
export type WireError = {
  readonly v: 1
  readonly code: ErrorCode
  readonly message: string
  readonly detail: ErrorDetail
}

/** The one error class of the project. */
export class RecError extends Error {
  readonly code: ErrorCode
  readonly detail: ErrorDetail

  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}, options: { cause?: unknown } = {}) {
    super(message, options)
    this.name = 'RecError'
    this.code = code
    this.detail = detail
  }

  toWire(): WireError {
    return { v: 1, code: this.code, message: this.message, detail: this.detail }
  }
}

/** Whether a value is a known error code. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERROR_CODES, value)
}

/** Rebuilds an error that crossed a thread or HTTP; anything else becomes `internal`. */
export function errorFromWire(value: unknown): RecError {
  if (typeof value === 'object' && value !== null && 'code' in value && isErrorCode(value.code)) {
    const message = 'message' in value && typeof value.message === 'string' ? value.message : value.code
    const detail = 'detail' in value && typeof value.detail === 'object' && value.detail !== null ? value.detail : {}
    return new RecError(value.code, message, detail as ErrorDetail) // detail was checked to be an object; its values are informational
  }
  return new RecError('internal', 'an error without a code')
}

/** Gives any thrown value a code; a RecError passes unchanged, the rest become `fallback` with the value as cause. */
export function toRecError(thrown: unknown, fallback: ErrorCode = 'internal'): RecError {
  if (thrown instanceof RecError) return thrown
  return new RecError(fallback, thrown instanceof Error ? thrown.message : String(thrown), {}, { cause: thrown })
}
