import { RecError } from '#contract/errors'

/** So much beyond the limit is read and dropped, because most clients read the answer only after they sent everything. */
const MAX_DISCARDED_BYTES = 1 * 2 ** 20

/**
 * Reads a text body of at most `maxBytes`, whatever its declared length.
 * @throws RecError `too-large` once the rest, at most a megabyte more, has been dropped;
 * `bad-request` when the body is compressed, since a small one could then unfold without bound.
 */
export async function readText(
  request: Request,
  maxBytes: number,
  header = (name: string): string | undefined => request.headers.get(name) ?? undefined,
): Promise<string> {
  const encoding = header('content-encoding')
  if (encoding !== undefined && encoding !== 'identity')
    throw new RecError('bad-request', 'a request body is not compressed')
  const declared = header('content-length')
  if (declared !== undefined) {
    // The HTTP parser has refused anything but digits and ends the body at this length.
    // A larger body is read and dropped: a host that answers before it has been sent may cut the connection instead.
    return Number(declared) > maxBytes ? readUnsized(request.body, maxBytes) : request.text()
  }
  return readUnsized(request.body, maxBytes)
}

/** Reads and parses a JSON body. @throws RecError `too-large`, `bad-request` */
export async function readJson(request: Request, maxBytes: number): Promise<unknown> {
  return parseJson(await readText(request, maxBytes))
}

/** @throws RecError `bad-request` */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new RecError('bad-request', 'the body is not JSON', { chars: text.length }, { cause })
  }
}

async function readUnsized(body: ReadableStream<Uint8Array> | null, maxBytes: number): Promise<string> {
  if (body === null) return ''
  const decoder = new TextDecoder()
  const reader = body.getReader()
  let text = ''
  let size = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done && size <= maxBytes) return text + decoder.decode()
    if (done) throw tooLarge(maxBytes, {})
    size += value.length
    if (size <= maxBytes) text += decoder.decode(value, { stream: true })
    else text = ''
    if (size > maxBytes + MAX_DISCARDED_BYTES) {
      reader.releaseLock() // cancelling would cut the connection before the answer; `isCut` closes it after
      throw tooLarge(maxBytes, { isCut: true })
    }
  }
}

function tooLarge(maxBytes: number, detail: { readonly isCut?: true }): RecError {
  return new RecError('too-large', `the body is larger than ${maxBytes} bytes`, { maxBytes, ...detail })
}
