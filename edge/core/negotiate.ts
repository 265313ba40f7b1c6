import { type BlobStat, ENCODINGS, type Encoding, type Slice } from './ports.ts'

/**
 * The smallest stored encoding that a client accepts: br, then gzip, then identity. Weights only matter as "not this one" (q=0);
 * identity is served when nothing else is left, as RFC 9110 advises.
 */
export function chooseEncoding(acceptEncoding: string | null | undefined, stat: BlobStat): Encoding {
  if (!acceptEncoding) return 'identity'
  const accepted = new Map<string, boolean>()
  for (const part of acceptEncoding.split(',')) {
    const [name = '', ...parameters] = part.split(';')
    const isRefused = parameters.some((parameter) => /^\s*q=0(?:\.0*)?\s*$/i.test(parameter))
    accepted.set(name.trim().toLowerCase(), !isRefused)
  }
  const star = accepted.get('*') ?? false
  for (const encoding of ENCODINGS) {
    if (stat.sizes[encoding] !== undefined && (accepted.get(encoding) ?? star)) return encoding
  }
  return 'identity'
}

/** Whether an If-None-Match header names one of the tags; weak comparison, as for GET. */
export function matchesTag(header: string | null | undefined, tag: string): boolean {
  if (!header) return false
  if (header.trim() === '*') return true
  return header.split(',').some((candidate) => candidate.trim().replace(/^W\//, '') === tag)
}

/**
 * Reads a Range header of one range.
 * @returns The slice; `unsatisfiable` (answer 416); undefined when there is none, several, or it is malformed (answer the whole).
 */
export function parseRange(header: string | null | undefined, size: number): Slice | 'unsatisfiable' | undefined {
  const match = header ? /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header.trim()) : null
  if (!match) return undefined
  const [, first = '', last = ''] = match
  if (first === '') {
    if (last === '') return undefined
    const length = Math.min(Number(last), size)
    return length === 0 ? 'unsatisfiable' : { start: size - length, length }
  }
  const start = Number(first)
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (last !== '' && Number(last) < start) return undefined
  if (start >= size) return 'unsatisfiable'
  return { start, length: end - start + 1 }
}
