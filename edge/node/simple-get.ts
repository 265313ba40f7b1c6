/** A GET that asks for one thing and nothing special: all there is to know about it. */
export type SimpleGet = {
  readonly site: string
  readonly kind: 'objects' | 'channels'
  /** Hash or channel; its form is not checked here. */
  readonly name: string
  readonly acceptEncoding: string | undefined
  readonly ifNoneMatch: string | undefined
}

const REQUEST_LINE = /^GET \/v1\/sites\/([a-z0-9-]{1,64})\/(objects|channels)\/([a-z0-9-]{1,64}) HTTP\/1\.1\r\n/
const HEADER = /([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e]*)\r\n/y
const MAX_BYTES = 8_192
const MAX_HEADERS = 50
/** Each of these says something about the body, the connection or the part wanted. */
const NOT_SIMPLE = new Set([
  'authorization',
  'connection',
  'content-encoding',
  'content-length',
  'expect',
  'http2-settings',
  'if-match',
  'if-range',
  'if-unmodified-since',
  'range',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/**
 * Recognises one whole GET in what a connection brought at once. Anything else, even when it is valid, is undefined: the HTTP parser takes it,
 * and decides on everything doubtful.
 */
export function parseSimpleGet(chunk: Buffer): SimpleGet | undefined {
  // 'G', and a line feed at the end: most of what is not a GET costs two comparisons.
  if (chunk[0] !== 71 || chunk.length > MAX_BYTES || chunk[chunk.length - 1] !== 10) return undefined
  const text = chunk.toString('latin1')
  const line = REQUEST_LINE.exec(text)
  if (line === null) return undefined
  const end = text.length - 2
  let hosts = 0
  let headers = 0
  let acceptEncoding: string | undefined
  let ifNoneMatch: string | undefined
  HEADER.lastIndex = line[0].length
  while (HEADER.lastIndex < end) {
    const at = HEADER.lastIndex
    const header = HEADER.exec(text)
    if (header === null || ++headers > MAX_HEADERS) return undefined
    const [, spelled = '', value = ''] = header
    const name = spelled.toLowerCase()
    if (name === 'host') hosts++
    else if (name === 'accept-encoding' && acceptEncoding === undefined) acceptEncoding = value.trimEnd()
    else if (name === 'if-none-match' && ifNoneMatch === undefined) ifNoneMatch = value.trimEnd()
    else if (name === 'accept-encoding' || name === 'if-none-match') return undefined
    else if (NOT_SIMPLE.has(name) && !(name === 'connection' && /^keep-alive[ \t]*$/i.test(value))) return undefined
    if (HEADER.lastIndex <= at) return undefined
  }
  // The one empty line is the last: nothing follows, and nothing is missing.
  if (hosts !== 1 || HEADER.lastIndex !== end || text.charCodeAt(end) !== 13) return undefined
  const [, site = '', kind, name = ''] = line
  return { site, kind: kind === 'objects' ? 'objects' : 'channels', name, acceptEncoding, ifNoneMatch }
}
