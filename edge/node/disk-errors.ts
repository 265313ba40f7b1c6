import { RecError } from '#contract/errors'

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'SQLITE_FULL'])

/** The `code` of a file system or SQLite error, or an empty text. */
export function errorCode(thrown: unknown): string {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown && typeof thrown.code === 'string'
    ? thrown.code
    : ''
}

/** Gives a write that the disk refused its code; SQLite reports a full disk as an I/O error in some places. Others pass unchanged. */
export function asStoreError(thrown: unknown): unknown {
  const code = errorCode(thrown)
  if (!FULL.has(code) && !code.startsWith('SQLITE_IOERR')) return thrown
  return new RecError('store-full', 'the edge cannot store more at the moment', {}, { cause: thrown })
}
